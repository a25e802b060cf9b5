/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs of the rows about objects: see programs.inc. The loops change one slot or one mapping to and fro; the operations are called by main, with
 * the arguments of an invocation in the registers already (object_invoke).
 */
#include "systems/bench/bench/programs.inc"

programs_begin object_programs

/* x19 = Frame, x20 = address space, x21 = address, x22 = rights, x23, x24 = tags of map and unmap. */
label row_frame_map
    reading_begin frame_map
    mov x0, x19
    mov x1, x23
    mov x9, x20
    mov x10, x21
    mov x11, x22
    mov x12, #FRAME_ATTRIBUTE_NORMAL
    system_call SYSCALL_CALL
label row_frame_map_end
    reading_end frame_map
    cbnz x0, failed
label row_frame_unmap
    reading_begin frame_unmap, 1
    mov x0, x19
    mov x1, x24
    system_call SYSCALL_CALL
label row_frame_unmap_end
    reading_end frame_unmap, 1
    cbz x0, row_frame_map
    b failed

/* x19 = CNode, x20 = source slot, x21 = empty slot, x22 = rights, x23, x24 = tags of copy and delete. */
label row_cnode_copy
    reading_begin cnode_copy
    mov x0, x19
    mov x1, x23
    mov x9, x21
    mov x10, x19
    mov x11, x20
    mov x12, x22
    system_call SYSCALL_CALL
label row_cnode_copy_end
    reading_end cnode_copy
    cbnz x0, failed
label row_cnode_delete
    reading_begin cnode_delete, 1
    mov x0, x19
    mov x1, x24
    mov x9, x21
    system_call SYSCALL_CALL
label row_cnode_delete_end
    reading_end cnode_delete, 1
    cbz x0, row_cnode_copy

failed:
    system_call SYSCALL_YIELD
    b failed

programs_end object_programs

    .section .text.object_operations, "ax"

/** uint64_t object_invoke(void (*operation)(void), cap, tag, const uint64_t words[7]): the status. */
label object_invoke
    stp x29, x30, [sp, #-16]!
    mov x29, sp
    readings_save
    mov x4, x0
    mov x0, x1
    mov x1, x2
    ldp x9, x10, [x3]
    ldp x11, x12, [x3, #16]
    ldp x13, x14, [x3, #32]
    ldr x15, [x3, #48]
    mov x18, #0
    blr x4
    readings_restore
    ldp x29, x30, [sp], #16
    ret

.macro operation name
label row_\name
    reading_begin \name
    system_call SYSCALL_CALL
label row_\name\()_end
    reading_end \name
    ret
.endm

    operation retype_untyped
    operation retype_cnode
    operation retype_tcb
    operation retype_endpoint
    operation retype_notification
    operation retype_reply
    operation retype_sched_context
    operation retype_timer
    operation retype_vcpu
    operation retype_vspace
    operation retype_vspace_guest
    operation retype_frame
    operation revoke_10
    operation revoke_100
    operation revoke_1000
    operation revoke_50000
    operation zero_1_gigabyte
