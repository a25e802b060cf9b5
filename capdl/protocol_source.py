# SPDX-License-Identifier: BSD-2-Clause
"""Generates the C code of a protocol: gen/protocol/NAME.h for its clients, NAME_server.h for its servers."""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import Environment

from capdl.protocol import Method, Protocol
from capdl.protocol_types import BYTES, BYTES_MAX, CAPABILITY, SCALAR, STRING_MAX, Field
from capdl.source import environment as plain_environment


def _bound(field: Field, method: Method, protocol: Protocol) -> str:
    """The macro of a field's size, as its array is declared."""
    macro = f"{protocol.name}_{method.name}_{field.name}_{'SIZE' if field.kind == BYTES else 'MAX'}".upper()
    return f"{macro} + 1" if field.kind == STRING_MAX else macro


def _argument(field: Field, method: Method, protocol: Protocol) -> str:
    """Parameters by which a value goes from client to server."""
    if not field.has_bytes:
        return f"{field.c_type} {field.name}"
    if field.kind == BYTES:
        return f"const uint8_t {field.name}[{_bound(field, method, protocol)}]"
    size = f", size_t {field.name}_size" if field.kind == BYTES_MAX else ""
    return f"const {field.c_type} *{field.name}{size}"


def _result(field: Field, method: Method, protocol: Protocol) -> str:
    """Parameters by which a value goes from server to client."""
    if not field.has_bytes:
        return f"{field.c_type} *{field.name}"
    size = f", size_t *{field.name}_size" if field.kind == BYTES_MAX else ""
    return f"{field.c_type} {field.name}[{_bound(field, method, protocol)}]{size}"


def _arguments_given(method: Method) -> list[str]:
    """What the server's side passes to a handler: values of checked words, its own copies of bytes, slots of capabilities."""
    given = []
    caps = 0
    for field in method.arguments:
        word = f"sel_word_{_header_index(method.arguments, field)}"
        if field.kind == SCALAR:
            given.append(f"({field.c_type}){word}")
        elif field.kind == CAPABILITY:
            given.append(f"sel_first + {caps}")
            caps += 1
        else:
            given.append(f"{field.name}, {word}" if field.kind == BYTES_MAX else field.name)
    return given


def _result_given(field: Field) -> str:
    """What the server's side passes to a handler for a result."""
    if not field.has_bytes:
        return f"&{field.name}"
    return f"{field.name}, &{field.name}_size" if field.kind == BYTES_MAX else field.name


def _header_index(fields: Sequence[Field], field: Field) -> int:
    """Which of the header words a field has; for one that has none, where it would be."""
    return [each.name for each in fields if each.has_header_word or each is field].index(field.name)


def _word_value(field: Field) -> str:
    """The header word of a field that is sent."""
    if field.kind == SCALAR:
        return f"(uint64_t)(int64_t){field.name}" if field.is_signed else field.name
    return f"sel_size_{field.name}" if field.kind == STRING_MAX else f"{field.name}_size"


def _byte_count(field: Field) -> str:
    """How many bytes of a field are sent."""
    return str(field.size) if field.kind == BYTES else _word_value(field)


def _total_words(fields: Sequence[Field]) -> str:
    """Length of a received message of these fields, by its header words."""
    terms = [str(sum(field.has_header_word for field in fields))]
    for field in fields:
        if field.has_bytes:
            terms.append(f"SEL_WORDS_OF({field.size if field.kind == BYTES else f'sel_word_{_header_index(fields, field)}'})")
    return " + ".join(terms)


def _is_outside(field: Field, index: int) -> str:
    """The condition that a header word is no value of the field's type."""
    word = f"sel_word_{index}"
    if field.c_type == "bool":
        return f"{word} > 1"
    if not field.is_signed:
        return f"{word} > UINT{field.bits}_MAX"
    return f"(int64_t){word} < INT{field.bits}_MIN || (int64_t){word} > INT{field.bits}_MAX"


def _environment() -> Environment:
    environment = plain_environment()
    filters = (_argument, _result, _arguments_given, _result_given, _header_index, _word_value, _byte_count, _total_words, _is_outside)
    environment.filters |= {function.__name__[1:]: function for function in filters}
    return environment


def files(protocol: Protocol) -> dict[str, str]:
    """File name -> text, for gen/protocol/."""
    environment = _environment()
    return {
        f"{protocol.name}{part}.h": environment.get_template(f"protocol{part}.h.j2").render(protocol=protocol)
        for part in ("", "_server")
    }
