/* SPDX-License-Identifier: BSD-2-Clause */
/* The debugger by gdb's protocol: see vmm/debugger.h, and session.h. */
#include "vmm/debugger.h"

#include "vmm/gdb/services.h"
#include "vmm/gdb/session.h"

static struct session session;

bool debugger_holds_start(struct vmm *vmm)
{
    (void)vmm;
    bool is_first = !session.has_begun;
    if (is_first) {
        gdb_services_open();
        session.has_begun = true;
    }
    control_start(&session.control);
    if (is_first || session.is_attached) {
        session_tell_stop(&session, is_first ? SESSION_TRAP : SESSION_RESTARTED);
        return true;
    }
    session.control.state = CONTROL_RUNNING;
    return false;
}

bool debugger_takes_exit(struct vmm *vmm, uint64_t words[8])
{
    switch (control_take_exit(&session.control, vmm, words)) {
    case CONTROL_EXIT_OTHER:
        return false;
    case CONTROL_EXIT_STOP:
        session_tell_stop(&session, SESSION_TRAP);
        return true;
    default:
        return true;
    }
}

void debugger_poll(struct vmm *vmm)
{
    uint8_t byte;
    while (gdb_services_get(&byte)) {
        session_take(&session, vmm, byte);
    }
}

void debugger_tell_end(struct vmm *vmm, enum guest_end end)
{
    control_end(&session.control, vmm);
    session_tell_stop(&session, end == GUEST_POWERED_OFF ? SESSION_POWERED_OFF : SESSION_FAILED);
}
