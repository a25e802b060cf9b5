# SPDX-License-Identifier: BSD-2-Clause
# Components and the processes made of them. A component is compiled once; each process links it with its own sel_spec.c at its own address.

# sel_component(NAME x SOURCES a.c b.c [FPU] [INCLUDES dir...] [DRIVES local=compatible...]): the one call of a component's CMakeLists.txt.
# FPU: its code may use floating point and SIMD; its process then needs `fpu: true` in the spec.
# DRIVES: what kinds of device it can be given as `devices: {local: ...}`, by their first compatible string; plain words, which capdl reads (capdl/component.py).
function(sel_component)
    cmake_parse_arguments(PARSE_ARGV 0 arg "FPU" "NAME" "SOURCES;INCLUDES;DRIVES")
    if(arg_UNPARSED_ARGUMENTS OR NOT arg_NAME OR NOT arg_SOURCES)
        message(FATAL_ERROR "${CMAKE_CURRENT_SOURCE_DIR}: write sel_component(NAME x SOURCES x.c [FPU] [INCLUDES dir] [DRIVES local=compatible])")
    endif()
    string(MD5 id "${CMAKE_CURRENT_SOURCE_DIR}")
    string(SUBSTRING "${id}" 0 6 id)
    set(target "component_${arg_NAME}_${id}")
    add_library(${target} OBJECT ${arg_SOURCES})
    if(arg_FPU)
        set_target_properties(${target} PROPERTIES SEL_FPU TRUE)
    endif()
    target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}" ${arg_INCLUDES})
    target_link_libraries(${target} PRIVATE sel_flags sel_build)
    add_dependencies(${target} abi_gen)
    set_property(GLOBAL PROPERTY "SEL_COMPONENT_${CMAKE_CURRENT_SOURCE_DIR}" ${target})
    set_property(GLOBAL PROPERTY "SEL_DRIVES_${CMAKE_CURRENT_SOURCE_DIR}" "${arg_DRIVES}")
endfunction()

# sel_plan_input(FILE): a file whose change makes a new plan.
function(sel_plan_input file)
    set_property(DIRECTORY "${CMAKE_SOURCE_DIR}" APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
endfunction()

# sel_guest(NAME VMM PROCESS): noted only; a guest has no program of ours.
function(sel_guest name)
endfunction()

# sel_device(FILE OUT): compile the description of an emulated device (vmm/device.h) once, as the VMM's own files are; OUT is its target.
function(sel_device file out)
    string(MD5 id "${file}")
    string(SUBSTRING "${id}" 0 6 id)
    get_filename_component(last "${file}" NAME_WE)
    string(MAKE_C_IDENTIFIER "device_${last}_${id}" target)
    set(${out} ${target} PARENT_SCOPE)
    if(TARGET ${target})
        return()
    endif()
    add_library(${target} OBJECT "${file}")
    target_link_libraries(${target} PRIVATE sel_flags sel_build)
    if(NOT SEL_PRESET STREQUAL "debug")
        target_compile_options(${target} PRIVATE -O2)
    endif()
    add_dependencies(${target} abi_gen)
endfunction()

# sel_process(NAME FOLDER f BASE b [FPU] [DEVICES file...] [DRIVES local=compatible...]): one ELF file at its own address. Called by plan.cmake.
function(sel_process name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "FPU" "FOLDER;BASE" "DEVICES;DRIVES")
    get_property(target GLOBAL PROPERTY "SEL_COMPONENT_${arg_FOLDER}")
    if(NOT target)
        string(MD5 id "${arg_FOLDER}")
        get_filename_component(last "${arg_FOLDER}" NAME)
        add_subdirectory("${arg_FOLDER}" "${CMAKE_BINARY_DIR}/component/${last}-${id}")
        get_property(target GLOBAL PROPERTY "SEL_COMPONENT_${arg_FOLDER}")
    endif()
    if(NOT target)
        message(FATAL_ERROR "${arg_FOLDER}/CMakeLists.txt: it must call sel_component(NAME ${last} SOURCES ...)")
    endif()
    get_property(drives GLOBAL PROPERTY "SEL_DRIVES_${arg_FOLDER}")
    if(NOT "${drives}" STREQUAL "${arg_DRIVES}")
        message(FATAL_ERROR "${arg_FOLDER}/CMakeLists.txt: DRIVES must be plain words in the call of sel_component itself, such as rtc=arm,pl031: "
            "CMake sees '${drives}', the spec compiler '${arg_DRIVES}'")
    endif()
    set(devices)
    foreach(file IN LISTS arg_DEVICES)
        sel_device("${file}" device)
        list(APPEND devices $<TARGET_OBJECTS:${device}>)
    endforeach()
    sel_program(${name} ${target} ${arg_BASE} "${CMAKE_BINARY_DIR}/gen/${name}/sel_spec.c" ${devices})
    set_property(GLOBAL APPEND PROPERTY SEL_PROGRAMS "${CMAKE_BINARY_DIR}/elf/${name}.elf")
    set_property(GLOBAL APPEND PROPERTY SEL_PROGRAM_TARGETS "process_${name}")
endfunction()

# sel_program(NAME OBJECTS BASE SOURCES...): link objects and sources at BASE into elf/NAME.elf.
function(sel_program name objects base)
    add_executable(process_${name} ${ARGN} $<TARGET_OBJECTS:${objects}>)
    set_target_properties(process_${name} PROPERTIES
        OUTPUT_NAME "${name}.elf" RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/elf" LINK_DEPENDS "${SEL_PROCESS_LD}")
    target_link_libraries(process_${name} PRIVATE sel_flags sel_build sel_process)
    target_link_options(process_${name} PRIVATE "-Wl,--defsym=SEL_BASE=${base}")
    add_dependencies(process_${name} abi_gen)
endfunction()
