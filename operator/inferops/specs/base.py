"""What all kinds share: camelCase models, Kubernetes metadata, conditions, references.

A model is strict where a person writes (unknown fields are errors) and lenient where the API server answers.
Extra keys of the JSON schema (`x-kubernetes-...`) are carried over by `specs.schema`, printer columns by `specs.crd`.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from inferops.errors import SpecError


class Rule(BaseModel):
    """A validation rule in CEL that the API server checks, with the sentence that a person reads."""

    rule: str
    message: str | None = None
    messageExpression: str | None = None
    """The sentence as CEL, where it quotes values; `message` is then the fallback and the reference's text."""
    fieldPath: str | None = None

    def as_validation(self) -> dict[str, str]:
        """One entry of `x-kubernetes-validations`."""
        return self.model_dump(exclude_none=True)


@dataclass(frozen=True)
class Pattern:
    """What a text must look like, with the sentence that a person reads when it does not: from the API server (as a
    CEL rule, since OpenAPI's own `pattern` can only quote the expression) and from pydantic alike.

    `regex` is anchored and within what RE2 and Python's `re` have in common; `message` holds no single quote.
    """

    regex: str
    message: str
    quoted: bool = True
    """Whether the sentence ends with the text that does not match; False where that may be long, or a secret."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        sentence = f"'{self.message}, not \"' + self + '\"'"
        told = {"messageExpression": sentence} if self.quoted else {"message": self.message}
        rule = Rule(rule=f"self.matches(r'{self.regex}')", **told)
        return {**handler(schema), "x-kubernetes-validations": [rule.as_validation()]}

    def check(self, value: str) -> str:
        """The value, if it matches."""
        if not re.fullmatch(self.regex, value):
            raise ValueError(f'{self.message}, not "{value}"' if self.quoted else self.message)
        return value


Name = Annotated[
    str,
    Field(max_length=253),
    Pattern(
        r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
        'must be the name of an object (lowercase letters, digits, "-" and ".", at both ends a letter or digit)',
    ),
]
"""Name of another object, as Kubernetes allows it (RFC 1123 subdomain)."""
Label = Annotated[
    str,
    Field(max_length=63),
    Pattern(
        r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        'must be a DNS label (lowercase letters, digits and "-", at both ends a letter or digit)',
    ),
]
"""A name that is also a label's value and part of other names (RFC 1123 label)."""


@dataclass(frozen=True)
class TextOrNumber(Pattern):
    """The same for a text that may also be written as a whole number, such as `cpu: 16`; read as text."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.no_info_before_validator_function(number_to_text, handler(source))
        return core_schema.no_info_after_validator_function(self.check, text)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        sentence = f"'{self.message}, not \"' + string(self) + '\"'"
        rule = Rule(rule=f"string(self).matches(r'{self.regex}')", messageExpression=sentence)
        return {
            **{key: value for key, value in handler(schema).items() if key != "type"},
            "x-kubernetes-int-or-string": True,
            "x-kubernetes-validations": [rule.as_validation()],
        }


def number_to_text(value: Any) -> Any:
    """A whole number as text, anything else as it is."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Quantity = Annotated[
    str,
    Field(max_length=32),
    TextOrNumber(
        r"^([1-9][0-9]*(\.[0-9]+)?|0\.[0-9]*[1-9][0-9]*)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$",
        'must be a quantity above 0, such as "500m", "16" or "64Gi"',
    ),
]
"""A Kubernetes quantity in its usual notation, without exponents; a plain number is one too."""
Money = Annotated[
    str,
    Field(max_length=32),
    Pattern(r"^[0-9]{1,9}(\.[0-9]{1,9})?$", 'must be a decimal, such as "25.00"'),
]
"""An amount in the installation's currency: text, so that nothing is rounded."""
Percent = Annotated[int, Field(ge=1, le=100)]


def add_rules(schema: dict[str, Any], model: type["Spec"]) -> None:
    """Carry a model's rules into its JSON schema."""
    if model.rules:
        schema["x-kubernetes-validations"] = [rule.as_validation() for rule in model.rules]


class Column(BaseModel):
    """A column of `kubectl get`."""

    name: str
    type: Literal["string", "integer", "number", "date", "boolean"] = "string"
    jsonPath: str
    description: str = ""
    priority: int = 0


class Spec(BaseModel):
    """Base of everything that a user writes."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        json_schema_extra=add_rules,
    )
    rules: ClassVar[list[Rule]] = []
    """CEL rules of this object, wherever it stands."""


class Status(BaseModel):
    """Base of what we write back; unknown fields of a later version are ignored."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")


class SecretKeyRef(Spec):
    """One key of a Secret in the same namespace."""

    name: Name = Field(description="Name of the Secret.")
    key: str = Field(min_length=1, max_length=253, description="Key in the Secret's data.")


class SecretRef(Spec):
    """A Secret in the same namespace."""

    name: Name = Field(description="Name of the Secret.")


class Condition(Status):
    """A Kubernetes condition (KEP-1623)."""

    type: str = Field(description="Name of the condition.")
    status: Literal["True", "False", "Unknown"] = Field(description="Whether it holds.")
    reason: str = Field(description="A constant in CamelCase for programs.")
    message: str = Field(default="", description="A sentence for people: what is wrong, where, what to do.")
    last_transition_time: datetime = Field(description="When status last changed.")
    observed_generation: int | None = Field(default=None, description="The generation that was judged.")


class Kind(BaseModel):
    """What a custom resource is called and how `kubectl get` shows it."""

    model_config = ConfigDict(frozen=True)
    kind: str
    plural: str
    short_names: tuple[str, ...] = ()
    namespaced: bool = True
    columns: tuple[Column, ...] = ()
    spec: type[Spec]
    status: type[Status]
    description: str
    rules: tuple[Rule, ...] = ()
    """CEL rules of the whole object (metadata.name is visible there)."""


SpecT = TypeVar("SpecT", bound=Spec)


def read_spec(model: type[SpecT], obj: dict[str, Any]) -> SpecT:
    """Parse the spec of a Kubernetes object; SpecError names field, value and mend."""
    try:
        return model.model_validate(obj.get("spec") or {})
    except ValidationError as error:
        raise SpecError("; ".join(describe(e) for e in error.errors())) from None


def describe(error: Any) -> str:
    """One pydantic error as a sentence that begins with the field's path."""
    path = ".".join(["spec", *(str(part) for part in error["loc"])])
    if error["type"] == "extra_forbidden":  # its value may be a password in the wrong place
        return f"{path}: unknown field"
    value = error.get("input")
    said = error["type"] == "value_error" or isinstance(value, dict | list) or value is None
    shown = "" if said else f' (got "{value}")'
    return f"{path}: {error['msg'].removeprefix('Value error, ')}{shown}"
