# SPDX-License-Identifier: BSD-2-Clause
# The steps of capdl: plan at configure time (it decides which programs there are), emit and pack at build time.

file(GLOB SEL_CAPDL_FILES CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/capdl/*.py" "${CMAKE_SOURCE_DIR}/capdl/templates/*.j2")
file(GLOB SEL_BOARD_FILES CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/platform/*/*" "${CMAKE_SOURCE_DIR}/bindings/*.yaml")
file(GLOB SEL_ABI_FILES CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/libsel/abi/*.yaml")
set(SEL_CAPDL "${CMAKE_COMMAND}" -E env "PYTHONPATH=${CMAKE_SOURCE_DIR}" PYTHONDONTWRITEBYTECODE=1 "${Python3_EXECUTABLE}" -m capdl)

# sel_plan(SPEC): check the spec and write gen/plan.cmake; faults of the spec are printed as they are. -DBOARD=... wins over the spec's board,
# -DGDB_GUEST=... builds that guest's VMM to answer gdb.
function(sel_plan spec)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${spec}" ${SEL_CAPDL_FILES} ${SEL_BOARD_FILES} ${SEL_ABI_FILES})
    set(options)
    if(BOARD)
        list(APPEND options --board "${BOARD}")
    endif()
    if(PARAMETERS)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${PARAMETERS}")
        list(APPEND options --set-file "${PARAMETERS}")
    endif()
    if(GDB_GUEST)
        list(APPEND options --gdb-guest "${GDB_GUEST}")
    endif()
    execute_process(
        COMMAND ${SEL_CAPDL} plan "${spec}" --out "${CMAKE_BINARY_DIR}/gen" ${options}
        RESULT_VARIABLE result ERROR_VARIABLE faults WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
    if(NOT result EQUAL 0)
        execute_process(COMMAND "${CMAKE_COMMAND}" -E echo "${faults}")
        if(result EQUAL 3)
            message(FATAL_ERROR "this machine lacks something, see above")
        endif()
        message(FATAL_ERROR "the spec has faults, see above")
    endif()
endfunction()

# sel_image(): image.bin of all programs, the roottask and the kernel.
function(sel_image)
    get_property(programs GLOBAL PROPERTY SEL_PROGRAMS)
    get_property(targets GLOBAL PROPERTY SEL_PROGRAM_TARGETS)
    set(out "${CMAKE_BINARY_DIR}")
    set(audit)
    if(SEL_AUDIT_VALUE STREQUAL "on")
        set(audit --audit)
    endif()
    add_custom_command(
        OUTPUT "${out}/spec.bin" "${out}/system.json" "${out}/system.cdl"
        COMMAND ${SEL_CAPDL} emit --plan "${out}/gen/plan.json" --elf "${out}/elf" --out "${out}" ${audit}
        DEPENDS ${programs} ${targets} process_roottask "${out}/elf/roottask.elf" "${out}/gen/plan.json" ${SEL_CAPDL_FILES} ${SEL_ABI_FILES} ${SEL_BOARD_FILES}
        COMMENT "capdl: emit" VERBATIM)
    if(NOT TARGET kernel)
        add_custom_target(image ALL DEPENDS "${out}/spec.bin")
        return()
    endif()
    add_custom_command(
        OUTPUT "${out}/image.bin"
        BYPRODUCTS "${out}/run.json"
        COMMAND ${SEL_CAPDL} pack --system "${out}/system.json" --kernel "${out}/kernel.elf" --out "${out}/image.bin"
        DEPENDS "${out}/system.json" "${out}/spec.bin" ${programs} "${out}/elf/roottask.elf" kernel "${out}/kernel.elf" ${SEL_CAPDL_FILES}
        COMMENT "capdl: pack" VERBATIM)
    add_custom_target(image ALL DEPENDS "${out}/image.bin")
    sel_kernel_size()
endfunction()

# sel_kernel_size(): print lines and bytes of the kernel whenever it was linked anew, and fail above a ceiling. Bytes have one as released only.
function(sel_kernel_size)
    set(tool "${CMAKE_SOURCE_DIR}/tools/checks/kernel_size.py")
    if(NOT EXISTS "${tool}")
        return()
    endif()
    set(release)
    if("${SEL_PRESET} ${SEL_ASSERT_VALUE} ${SEL_TRACE_VALUE} ${SEL_POISON_VALUE} ${SEL_OPTIMIZE_VALUE}" STREQUAL "release off off off 2")
        set(release --release)
    endif()
    set(generated abi.h caps.h err.h faults.h registers.h invocations.h invocations.c destroy.h platform.h)
    list(TRANSFORM generated PREPEND "${CMAKE_BINARY_DIR}/gen/")
    add_custom_command(
        OUTPUT "${CMAKE_BINARY_DIR}/gen/kernel_size.stamp"
        COMMAND "${Python3_EXECUTABLE}" "${tool}" --enforce ${release} --elf "${CMAKE_BINARY_DIR}/kernel.elf" --generated ${generated}
        COMMAND "${CMAKE_COMMAND}" -E touch "${CMAKE_BINARY_DIR}/gen/kernel_size.stamp"
        DEPENDS kernel "${CMAKE_BINARY_DIR}/kernel.elf" "${tool}"
        COMMENT "kernel size" VERBATIM)
    add_custom_target(kernel_size ALL DEPENDS "${CMAKE_BINARY_DIR}/gen/kernel_size.stamp")
endfunction()
