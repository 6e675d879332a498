"""Methods that are one for both clients: a plan makes the Call, the client that it is called on decides how it is sent.

class Models(Resource[ClientT_co]):
list = Operation(list_models)

Client().models.list()             # list[Model]
await AsyncClient().models.list()  # list[Model]
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import wraps
from typing import Any, Generic, ParamSpec, TypeVar, overload

from inferops.client.call import Call
from inferops.client.exchange import Script

P = ParamSpec("P")
T = TypeVar("T")


class Sync(ABC):
    """Answers at once."""

    @abstractmethod
    def send(self, call: Call[T]) -> T:
        """The answer."""

    @abstractmethod
    def follow(self, script: Script[T]) -> T:
        """What a script of several calls comes to."""

    @abstractmethod
    def iterate(self, call: Call[list[T]]) -> Iterator[T]:
        """All objects of a list, asked for in pages."""

    @abstractmethod
    def stream(self, call: Call[T]) -> Iterator[T]:
        """Events as they come."""

    @abstractmethod
    def download(self, call: Call[bytes]) -> Iterator[bytes]:
        """A file in pieces, as they come."""


class Async(ABC):
    """Answers when awaited."""

    @abstractmethod
    async def send(self, call: Call[T]) -> T:
        """The answer."""

    @abstractmethod
    async def follow(self, script: Script[T]) -> T:
        """What a script of several calls comes to."""

    @abstractmethod
    def iterate(self, call: Call[list[T]]) -> AsyncIterator[T]:
        """All objects of a list, asked for in pages."""

    @abstractmethod
    def stream(self, call: Call[T]) -> AsyncIterator[T]:
        """Events as they come."""

    @abstractmethod
    def download(self, call: Call[bytes]) -> AsyncIterator[bytes]:
        """A file in pieces, as they come."""


ClientT_co = TypeVar("ClientT_co", bound=Sync | Async, covariant=True)


class Resource(Generic[ClientT_co]):
    """What a client can do with one kind of object."""

    def __init__(self, client: ClientT_co) -> None:
        self.client = client


class Operation(Generic[P, T]):
    """A request with one answer."""

    def __init__(self, plan: Callable[P, Call[T]]) -> None:
        self.plan = plan

    @overload
    def __get__(self, resource: Resource[Sync], owner: Any) -> Callable[P, T]: ...
    @overload
    def __get__(self, resource: Resource[Async], owner: Any) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, resource: Resource[Any], owner: Any) -> Any:
        return bind(self.plan, resource.client.send)


class Procedure(Generic[P, T]):
    """Several requests with one result."""

    def __init__(self, plan: Callable[P, Script[T]]) -> None:
        self.plan = plan

    @overload
    def __get__(self, resource: Resource[Sync], owner: Any) -> Callable[P, T]: ...
    @overload
    def __get__(self, resource: Resource[Async], owner: Any) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, resource: Resource[Any], owner: Any) -> Any:
        return bind(self.plan, resource.client.follow)


class Pages(Generic[P, T]):
    """A list that may be long."""

    def __init__(self, plan: Callable[P, Call[list[T]]]) -> None:
        self.plan = plan

    @overload
    def __get__(self, resource: Resource[Sync], owner: Any) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, resource: Resource[Async], owner: Any) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, resource: Resource[Any], owner: Any) -> Any:
        return bind(self.plan, resource.client.iterate)


class Stream(Generic[P, T]):
    """An answer that goes on."""

    def __init__(self, plan: Callable[P, Call[T]]) -> None:
        self.plan = plan

    @overload
    def __get__(self, resource: Resource[Sync], owner: Any) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, resource: Resource[Async], owner: Any) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, resource: Resource[Any], owner: Any) -> Any:
        return bind(self.plan, resource.client.stream)


class Download(Generic[P]):
    """A file."""

    def __init__(self, plan: Callable[P, Call[bytes]]) -> None:
        self.plan = plan

    @overload
    def __get__(self, resource: Resource[Sync], owner: Any) -> Callable[P, Iterator[bytes]]: ...
    @overload
    def __get__(self, resource: Resource[Async], owner: Any) -> Callable[P, AsyncIterator[bytes]]: ...
    def __get__(self, resource: Resource[Any], owner: Any) -> Any:
        return bind(self.plan, resource.client.download)


def bind(plan: Callable[P, Any], perform: Callable[[Any], Any]) -> Callable[P, Any]:
    """The plan's signature and docstring; the client's way of doing it."""

    @wraps(plan)
    def method(*args: P.args, **kwargs: P.kwargs) -> Any:
        return perform(plan(*args, **kwargs))

    return method
