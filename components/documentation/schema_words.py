"""What a setting may be, in words, from the JSON schema of its pydantic model."""

from typing import Any

Schema = dict[str, Any]

_NAMES = {
    "integer": "whole number",
    "number": "number",
    "boolean": "true, false",
    "string": "text",
    "null": "null",
    "object": "table",
}


def allowed(schema: Schema, definitions: Schema) -> str:
    """Return in words what a value may be.

    Args:
        schema: Of the value.
        definitions: The `$defs` that it may refer to.

    Examples:
        >>> allowed({"type": "integer", "minimum": 1, "maximum": 64}, {})
        'whole number, 1 to 64'
        >>> allowed({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "null"}]}, {})
        'number, above 0; or null'
        >>> allowed({"enum": ["jpg", "png"], "type": "string"}, {})
        '`jpg`, `png`'
    """
    schema = resolved(schema, definitions)
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{word}`" for word in schema.get("enum", [schema.get("const")]))
    if "anyOf" in schema:
        return "; or ".join(allowed(option, definitions) for option in schema["anyOf"])
    if schema.get("type") == "array":
        return _list_words(schema, definitions)
    if isinstance(schema.get("additionalProperties"), dict):
        return f"table of names, each {allowed(schema['additionalProperties'], definitions)}"
    if schema.get("format", "").endswith("path"):
        return "path"
    words = [_NAMES.get(str(schema.get("type")), "any value"), _range(schema)]
    return ", ".join(word for word in words if word)


def resolved(schema: Schema, definitions: Schema) -> Schema:
    """Return the schema that a reference stands for, or the schema itself."""
    target = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    return definitions[target] if target else schema


def _list_words(schema: Schema, definitions: Schema) -> str:
    if "prefixItems" in schema:
        each = [allowed(item, definitions) for item in schema["prefixItems"]]
        same = len(set(each)) == 1
        count = {2: "pair", 3: "three"}.get(len(each), f"{len(each)} values")
        return f"{count}, each {each[0]}" if same else f"{count}: {' / '.join(each)}"
    return f"list, each {allowed(schema.get('items', {}), definitions)}"


def _range(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    words = [
        f"at least {low:g}" if low is not None else "",
        f"above {above:g}" if above is not None else "",
        f"below {below:g}" if below is not None else "",
        f"at most {high:g}" if high is not None else "",
        f"like `{schema['pattern']}`" if "pattern" in schema else "",
    ]
    return ", ".join(word for word in words if word)
