/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No lock in the miniature.
 */
#pragma once

#define LOCKED
