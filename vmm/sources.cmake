# SPDX-License-Identifier: BSD-2-Clause
# The VMM's sources, and how they are compiled: once for all guests, once more with gdb/ for the guest that is debugged.

# The guest's GIC is of the host's version (arch/gic.h).
if(SEL_BOARD_GIC STREQUAL "gicv2")
    set(VMM_GIC arch/gicv2/distributor.c)
else()
    set(VMM_GIC arch/gic_distributor.c arch/gic_redistributor.c)
endif()
set(VMM_SOURCES
    main.c ending.c exit.c exit_fast.c load.c ram.c board.c spec_devices.c register_page.c services.c stop_report.c console_link.c devices/pl011.c
    arch/decode.c arch/gic.c arch/gic_lists.c arch/gic_sgi.c
    arch/inject.c arch/psci.c arch/sysreg.c arch/table_walk.c arch/undecoded.c ${VMM_GIC})
list(TRANSFORM VMM_SOURCES PREPEND "${CMAKE_CURRENT_LIST_DIR}/")

# sel_vmm(NAME x SOURCES a.c...): the component of all VMMs and what one has besides.
function(sel_vmm)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "SOURCES")
    set(sources ${VMM_SOURCES} ${arg_SOURCES})
    sel_component(NAME ${arg_NAME} SOURCES ${sources})
    string(REPLACE "gicv" "SEL_GUEST_GIC=" gic_version "${SEL_BOARD_GIC}")
    set_property(SOURCE ${sources} APPEND PROPERTY COMPILE_DEFINITIONS "${gic_version}")
    # An exit crosses many small functions in files of their own: the linker inlines them.
    if(NOT SEL_PRESET STREQUAL "debug")
        set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS "-O2;-flto")
    endif()
endfunction()
