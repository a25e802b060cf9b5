# SPDX-License-Identifier: BSD-2-Clause
# Generated headers that unit tests include too: gen/roottask_spec.h and gen/platform.h. Made when CMake configures, again when their sources change.
file(GLOB inputs CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/capdl/*.py" "${CMAKE_SOURCE_DIR}/platform/qemu-virt-aarch64/*")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${inputs})
set(capdl "${CMAKE_COMMAND}" -E env "PYTHONPATH=${CMAKE_SOURCE_DIR}" PYTHONDONTWRITEBYTECODE=1 "${Python3_EXECUTABLE}" -m capdl)
execute_process(
    COMMAND ${capdl} spec-header --out "${CMAKE_BINARY_DIR}/gen/roottask_spec.h"
    COMMAND_ERROR_IS_FATAL ANY)
execute_process(
    COMMAND ${capdl} platform-header --platform "${CMAKE_SOURCE_DIR}/platform/qemu-virt-aarch64" --out "${CMAKE_BINARY_DIR}/gen/platform.h"
    COMMAND_ERROR_IS_FATAL ANY)
