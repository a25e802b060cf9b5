/* SPDX-License-Identifier: BSD-2-Clause */
/* The rings behind the guest's UART: opened once, then used through services_console_... . Not the VMM's own console (sel/console.h). */
#pragma once

/** Take the rings from the spec. */
void console_link_open(void);
