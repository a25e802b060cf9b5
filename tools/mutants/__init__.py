# SPDX-License-Identifier: BSD-2-Clause
"""Mutation: small changes to C code that the tests must notice (`./sel assure --mutants`).

`syntax` reads C by clang's own parser, `changes` says what can be changed in a statement, `draw` chooses,
`workshop` compiles and links one mutant, `programs` and `coverage` know the tests, `trial` tries a mutant,
`explained` keeps the reasons of those that no test can notice, `report` tells. The working tree is never written to.
"""
