# SPDX-License-Identifier: BSD-2-Clause
# What settings.cmake and -DSEL_... may say, and what each preset makes of `preset`. Results: SEL_<NAME>_VALUE.

set(SEL_SETTINGS SYSTEM ASSERT TRACE POISON CYCLES OPTIMIZE DEBUG_INFO AUDIT)
# Not settings but switches of tests and of this project's own files.
set(SEL_INTERNAL PRESET RULE_OFF SOURCE_ROOT PICOLIBC PROCESS_LD SETTINGS INTERNAL)

set(SEL_ALLOWED_ASSERT on off preset)
set(SEL_ALLOWED_TRACE on off preset)
set(SEL_ALLOWED_POISON on off preset)
set(SEL_ALLOWED_CYCLES on off preset)
set(SEL_ALLOWED_OPTIMIZE 0 1 2 3 s z preset)
set(SEL_ALLOWED_DEBUG_INFO on off)
set(SEL_ALLOWED_AUDIT on off)

set(SEL_DEFAULTS_debug ASSERT on TRACE on POISON off CYCLES off OPTIMIZE 1)
set(SEL_DEFAULTS_release ASSERT off TRACE off POISON off CYCLES off OPTIMIZE 2)
set(SEL_DEFAULTS_test ASSERT on TRACE on POISON on CYCLES off OPTIMIZE 2)
set(SEL_DEFAULTS_cycles ASSERT off TRACE off POISON off CYCLES on OPTIMIZE 2)
set(SEL_DEFAULTS_host ASSERT on TRACE off POISON off CYCLES off OPTIMIZE 1)

# sel_setting(NAME VALUE): one line of settings.cmake; a -DSEL_NAME=... wins over it.
function(sel_setting name value)
    if(NOT name IN_LIST SEL_SETTINGS)
        string(REPLACE ";" ", " known "${SEL_SETTINGS}")
        message(FATAL_ERROR "settings.cmake: unknown setting '${name}'; there are: ${known}")
    endif()
    if(DEFINED CACHE{SEL_${name}})
        set(value "$CACHE{SEL_${name}}")
    endif()
    if(DEFINED SEL_ALLOWED_${name} AND NOT value IN_LIST SEL_ALLOWED_${name})
        string(REPLACE ";" ", " known "${SEL_ALLOWED_${name}}")
        message(FATAL_ERROR "setting ${name} is '${value}'; it can be: ${known}")
    endif()
    if(value STREQUAL "preset")
        list(FIND SEL_DEFAULTS_${SEL_PRESET} ${name} at)
        math(EXPR at "${at} + 1")
        list(GET SEL_DEFAULTS_${SEL_PRESET} ${at} value)
    endif()
    set(SEL_${name}_VALUE "${value}" PARENT_SCOPE)
endfunction()

# A setting without a line would be silently empty.
function(sel_check_settings)
    foreach(name IN LISTS SEL_SETTINGS)
        if(NOT DEFINED SEL_${name}_VALUE)
            message(FATAL_ERROR "settings.cmake: the line sel_setting(${name} ...) is missing; `git restore settings.cmake` brings it back")
        endif()
    endforeach()
endfunction()

# A misspelt -DSEL_... must not be ignored.
function(sel_check_options)
    get_cmake_property(variables CACHE_VARIABLES)
    foreach(variable IN LISTS variables)
        if(variable MATCHES "^SEL_(.+)$" AND NOT CMAKE_MATCH_1 IN_LIST SEL_SETTINGS AND NOT CMAKE_MATCH_1 IN_LIST SEL_INTERNAL)
            string(REPLACE ";" ", SEL_" known "${SEL_SETTINGS}")
            unset(${variable} CACHE)
            message(FATAL_ERROR "unknown option ${variable}; there are: SEL_${known}")
        endif()
    endforeach()
endfunction()
