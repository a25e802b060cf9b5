# SPDX-License-Identifier: BSD-2-Clause
"""`./sel report`: a composed system as data, as text and as one HTML page."""
