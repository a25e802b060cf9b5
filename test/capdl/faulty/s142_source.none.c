/* SPDX-License-Identifier: BSD-2-Clause */
/* DEVICE_MODEL(none) = {
};
*/
