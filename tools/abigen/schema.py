# SPDX-License-Identifier: BSD-2-Clause
"""JSON schemas of the ABI files, one per file. Shape only; what one file says about another is in check.py."""

from typing import Any

UPPER = {"type": "string", "pattern": "^[A-Z][A-Z0-9_]*$"}
LOWER = {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"}
NUMBER = {"type": "integer", "minimum": 0}
TEXT = {"type": "string"}

ARGUMENT_TYPES = ["word", "words", "cap", "index", "bits", "count", "rights", "address", "object_type"]


def record(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object with exactly these keys."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def sequence(items: dict[str, Any], minimum: int = 0) -> dict[str, Any]:
    """A list of such items."""
    return {"type": "array", "items": items, "minItems": minimum}


FIELD = record(
    {"name": LOWER, "low": {"type": "integer", "minimum": 0, "maximum": 63},
     "width": {"type": "integer", "minimum": 1, "maximum": 64}},
    {"word": {"enum": [0, 1]}, "meaning": TEXT},
)
CAP_FIELD = record(
    {"name": LOWER, "word": {"enum": [0, 1]}, "low": {"type": "integer", "minimum": 0, "maximum": 63},
     "width": {"type": "integer", "minimum": 1, "maximum": 64}},
    {"meaning": TEXT},
)
BIT = record({"name": UPPER, "bit": {"type": "integer", "minimum": 0, "maximum": 63}}, {"meaning": TEXT})
OBJECT_BITS = {
    "anyOf": [
        NUMBER,
        record({"from": {"const": "size_bits"}, "min": NUMBER, "max": NUMBER}),
        record({"from": {"const": "size_bits"}, "values": sequence(NUMBER, 1)}),
    ]
}

CAPS = record({
    "rights": sequence(BIT, 1),
    "common_fields": sequence(CAP_FIELD, 1),
    "types": sequence(record(
        {"name": UPPER, "number": {"type": "integer", "minimum": 0, "maximum": 31}},
        {"object_bits": OBJECT_BITS, "fields": sequence(CAP_FIELD), "internal": {"type": "boolean"}, "meaning": TEXT},
    ), 1),
    "object_types": sequence(record({"name": UPPER, "number": NUMBER}, {"cap": UPPER, "meaning": TEXT}), 1),
})

ERRORS = record({
    "errors": sequence(record(
        {"name": UPPER, "number": NUMBER, "sentence": TEXT},
        {"detail": {"type": "array", "items": LOWER, "minItems": 1, "maxItems": 3}},
    ), 1),
})

LIMITS = record({
    "limits": sequence(record({"name": UPPER, "value": NUMBER}, {"text": TEXT})),
    "constants": sequence(record(
        {"name": LOWER, "values": sequence(record({"name": {"type": "string", "pattern": "^[A-Z0-9_]+$"}, "number": NUMBER}, {"meaning": TEXT}), 1)},
        {"text": TEXT},
    )),
    "initial_slots": sequence(record({"name": UPPER, "index": {"type": "integer", "minimum": 1}})),
    "boot_info": record({
        "magic": NUMBER, "words": sequence(LOWER, 1), "untyped_offset": NUMBER, "untyped": sequence(LOWER, 1),
    }),
    "payload": record({"magic": NUMBER, "words": sequence(LOWER, 1)}),
})

NUMBERED_MESSAGE = record({"name": UPPER, "number": {"type": "integer", "minimum": 1}}, {"words": sequence(LOWER), "text": TEXT})
MESSAGES = record({
    "faults": sequence(NUMBERED_MESSAGE, 1),
    "fault_reply": sequence(BIT, 1),
    "exits": record({
        "word": sequence(FIELD, 1), "lr_state": sequence(FIELD, 1), "reasons": sequence(NUMBERED_MESSAGE, 1),
        "reply": sequence(BIT, 1), "list_register": sequence(FIELD, 1),
    }),
    "thread_registers": sequence(LOWER, 1),
    "vcpu_registers": sequence(LOWER, 1),
})

SYSCALLS = record({
    "message": record({
        "register_words": NUMBER, "registers": sequence({"type": "string", "pattern": "^x[0-9]+$"}, 1),
        "max_words": NUMBER, "max_caps": NUMBER, "tag": sequence(FIELD, 1),
    }),
    "ipc_buffer": record({
        "size_bytes": NUMBER,
        "words": sequence(record({"name": LOWER, "offset": NUMBER, "count": {"type": "integer", "minimum": 1}}, {"meaning": TEXT}), 1),
    }),
    "syscalls": sequence(record({
        "name": LOWER, "number": {"type": "integer", "minimum": 1},
        "in": sequence({"enum": ["cap", "tag", "reply", "handler", "second", "message"]}),
        "out": sequence({"enum": ["status", "tag", "badge", "reply_status", "message"]}, 1),
        "errors": sequence(UPPER),
    }), 1),
})

BOUND = {"anyOf": [NUMBER, UPPER]}
ARGUMENT = record(
    {"name": LOWER, "type": {"enum": ARGUMENT_TYPES}},
    {"cap": {"anyOf": [UPPER, sequence(UPPER, 1)]}, "optional": {"type": "boolean"}, "rights": sequence(UPPER, 1),
     "min": BOUND, "max": BOUND, "mask": NUMBER, "of": LOWER, "must": {"enum": ["empty", "full", "any"]}, "slot": LOWER},
)
METHOD = record(
    {"name": LOWER, "number": {"type": "integer", "minimum": 1}, "args": sequence(ARGUMENT), "errors": sequence(UPPER)},
    {"preemptible": {"type": "boolean"}, "plain": {"type": "boolean"}, "direct": {"anyOf": [{"type": "boolean"}, LOWER]}, "with": UPPER, "bound": {"type": "boolean"}, "other": {"type": "boolean"}, "registers": UPPER, "needs": sequence(UPPER, 1), "results": sequence(LOWER, 1), "text": TEXT},
)
OBJECTS = record({
    "objects": {"type": "object", "additionalProperties": sequence(METHOD, 1), "propertyNames": LOWER, "minProperties": 1},
}, {"self": sequence(LOWER), "number": {"type": "object", "additionalProperties": LOWER, "propertyNames": LOWER},
    "bound_by": {"type": "object", "additionalProperties": LOWER, "propertyNames": LOWER},
    "destroy": {"type": "object", "propertyNames": LOWER, "additionalProperties": record({"by": LOWER}, {"preemptible": {"type": "boolean"}})}})

FILES: dict[str, dict[str, Any]] = {
    "caps.yaml": CAPS,
    "errors.yaml": ERRORS,
    "limits.yaml": LIMITS,
    "messages.yaml": MESSAGES,
    "objects.yaml": OBJECTS,
    "syscalls.yaml": SYSCALLS,
}
