# SPDX-License-Identifier: BSD-2-Clause
# Target abi_gen: everything generated from libsel/abi/*.yaml, in ${CMAKE_BINARY_DIR}/gen/. Include once from the root project.
# Not here: who compiles the outputs (kernel/: gen/invocations.c; libsel/: gen/sel/invocations.c, gen/error_text.c).
# Runs again only when a YAML file or the generator changed; unchanged outputs keep their time (restat).
include_guard(GLOBAL)

get_filename_component(SEL_SOURCE_ROOT "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
file(GLOB ABI_INPUTS
    "${CMAKE_CURRENT_LIST_DIR}/*.yaml" "${SEL_SOURCE_ROOT}/tools/abigen/*.py")

set(ABI_OUTPUTS)
foreach(name abi.h err.h caps.h registers.h faults.h invocations.h invocations.c destroy.h sel/syscalls.h sel/invocations.h sel/invocations.c
        error_text.h error_text.c abi.json errors_pairs.json)
    list(APPEND ABI_OUTPUTS "${CMAKE_BINARY_DIR}/gen/${name}")
endforeach()

add_custom_command(
    OUTPUT "${CMAKE_BINARY_DIR}/gen/abi.stamp"
    BYPRODUCTS ${ABI_OUTPUTS}
    COMMAND "${CMAKE_COMMAND}" -E env "PYTHONPATH=${SEL_SOURCE_ROOT}/tools" PYTHONDONTWRITEBYTECODE=1
        /usr/bin/python3 -m abigen generate --out "${CMAKE_BINARY_DIR}"
    COMMAND "${CMAKE_COMMAND}" -E touch "${CMAKE_BINARY_DIR}/gen/abi.stamp"
    DEPENDS ${ABI_INPUTS}
    COMMENT "abi: gen/ from libsel/abi/*.yaml"
    VERBATIM)
add_custom_target(abi_gen DEPENDS "${CMAKE_BINARY_DIR}/gen/abi.stamp")
