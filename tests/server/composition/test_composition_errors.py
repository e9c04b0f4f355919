# mypy: disable-error-code="untyped-decorator"
"""Read why modules do not make a schema."""

from enum import Enum
from typing import Annotated, Any

import pytest
import strawberry

from server.auth.audience import EVERYONE
from server.composition import ComposedModule, Composer, CompositionError
from server.graphql.graph import ModuleGraph
from tests.server.composition.sample_modules import PARTS
from tests.server.composition.sample_modules.base import PUBLIC, Tracked
from tests.server.composition.sample_modules.people import Person
from tests.server.composition.sample_modules.places import Shop, ShopFilter

HERE = __name__


@pytest.fixture
def graph() -> ModuleGraph:
    return ModuleGraph("bad", HERE)


def problems(graph: ModuleGraph, *requires: str, **options: Any) -> list[str]:
    part = ComposedModule("bad", HERE, graph, requires=requires, **options)
    with pytest.raises(CompositionError) as caught:
        Composer([*PARTS, part]).compose()
    return [str(problem) for problem in caught.value.problems]


def described(resolver: Any) -> Any:
    return strawberry.field(resolver, description="Something.", metadata=PUBLIC)


def where(source: type) -> str:
    return f"{HERE}.{source.__qualname__}"


def test_two_modules_adding_one_field(graph: ModuleGraph) -> None:
    @graph.mutation
    class Changes:
        @described
        def change_plan(self) -> int:
            return 1

    @graph.extend(Shop)
    class ShopBad:
        @described
        def name(self) -> str:
            return ""

    assert problems(graph, "places") == [
        (
            f"bad: Mutation.changePlan is contributed by {where(Changes)}.change_plan and already by 'plans' "
            "(tests.server.composition.sample_modules.plans.PlansMutation.change_plan); rename one of them"
        ),
        (
            f"bad: Shop.name is contributed by {where(ShopBad)}.name and already by its owner; "
            "rename one of them"
        ),
    ]


def test_a_field_for_an_interface_that_an_implementor_has(graph: ModuleGraph) -> None:
    @graph.extend(Tracked)
    class TrackedBad:
        @described
        def email(self) -> str:
            return ""

    assert problems(graph) == [
        (
            f"bad: Person.email is contributed by {where(TrackedBad)}.email and already by its owner; "
            "rename one of them"
        )
    ]


def test_an_extension_of_an_input(graph: ModuleGraph) -> None:
    @graph.extend(ShopFilter)
    class FilterBad:
        @described
        def city(self) -> str:
            return ""

    @graph.extend("ChangePlanInput")
    class InputBad:
        @described
        def city(self) -> str:
            return ""

    closed = "inputs are closed, values would be lost: add a mutation of your own"
    assert problems(graph, "places") == [
        f"bad: {where(FilterBad)} extends the input ShopFilter; {closed}",
        f"bad: {where(InputBad)} extends the input ChangePlanInput; {closed}",
    ]


def test_a_target_that_is_no_type_or_not_in_the_schema(graph: ModuleGraph) -> None:
    @strawberry.type
    class Lonely:
        x: int

    @graph.extend(int)
    class IntBad:
        @described
        def x(self) -> int:
            return 1

    @graph.extend(Lonely)
    class LonelyBad:
        @described
        def y(self) -> int:
            return 1

    assert problems(graph) == [
        (
            f"bad: {where(IntBad)} extends <class 'int'>, which is not a GraphQL type; "
            "extend a class decorated as one"
        ),
        (
            f"bad: {where(LonelyBad)} extends {where(Lonely)}, which is not in the schema; "
            "let a field return it or add it with graph.type"
        ),
    ]


def test_a_type_called_like_a_root(graph: ModuleGraph) -> None:
    @strawberry.type(description="What is paid for.")
    class Subscription:
        price: int = strawberry.field(description="How much.")

    @graph.query
    class Things:
        @described
        def subscription(self) -> Subscription:
            return Subscription(price=1)

    assert problems(graph) == [
        (
            f"bad: Subscription is the name of a root type and {where(Subscription)} took it; "
            "call that type BadSubscription"
        )
    ]


def test_all_names_that_two_types_share(graph: ModuleGraph) -> None:
    @strawberry.type(name="Shop", description="Another shop.")
    class OtherShop:
        x: int = strawberry.field(description="X.")

    @strawberry.enum(name="PlanCode", description="Another code.")
    class OtherCode(Enum):
        A = strawberry.enum_value("a", description="A.")

    @graph.query
    class Things:
        @described
        def one(self) -> OtherShop:
            return OtherShop(x=1)

        @described
        def two(self) -> OtherCode:
            return OtherCode.A

    sample = "tests.server.composition.sample_modules"
    assert problems(graph) == [
        f"bad: Shop is the name of {sample}.places.Shop and of {where(OtherShop)}; rename one of them",
        (
            f"plans: PlanCode is the name of {where(OtherCode)} and of {sample}.plans.PlanCode; "
            "rename one of them"
        ),
    ]


def test_two_unions_with_one_name_and_different_members(graph: ModuleGraph) -> None:
    @strawberry.type(description="A.")
    class Alpha:
        x: int = strawberry.field(description="X.")

    @strawberry.type(description="B.")
    class Beta:
        x: int = strawberry.field(description="X.")

    @graph.query
    class Things:
        @described
        def one(self) -> Annotated[Alpha | Beta, strawberry.union("Both", description="Both.")] | None:
            return None

        @described
        def two(self) -> Annotated[Alpha, strawberry.union("Both", description="One.")] | None:
            return None

    assert problems(graph) == [
        "kernel: Both is the name of a union of Alpha, Beta and of a union of Alpha; rename one of them"
    ]


def test_types_of_modules_that_are_not_required(graph: ModuleGraph) -> None:
    @graph.query
    class Things:
        @described
        def somebody(
            self, filter: Annotated[ShopFilter | None, strawberry.argument(description="F.")] = None
        ) -> Person | None:
            return None

    @graph.extend(Person)
    class PersonBad:
        @described
        def mood(self) -> str:
            return ""

    assert sorted(problems(graph)) == [
        (
            "bad: Query.somebody is of type Person, which 'people' owns and 'bad' does not require; "
            "add 'people' to requires or mark the field optional"
        ),
        (
            "bad: Query.somebody takes ShopFilter, which 'places' owns and 'bad' does not require; "
            "add 'places' to requires or mark the field optional"
        ),
        (
            f"bad: {where(PersonBad)} extends Person, which 'people' owns and 'bad' does not require; "
            "add 'people' to requires or extend it by its name"
        ),
    ]


def test_accepts_types_of_what_its_requirements_require(graph: ModuleGraph) -> None:
    @graph.query
    class Things:
        @described
        def somewhere(self) -> Shop | None:
            return None

    Composer([*PARTS, ComposedModule("bad", HERE, graph, requires=("plans",))]).compose()


def test_everything_without_a_description(graph: ModuleGraph) -> None:
    @strawberry.enum
    class Mood(Enum):
        GOOD = "good"

    @strawberry.input
    class MoodInput:
        mood: Mood

    @strawberry.type
    class MoodReport:
        text: str

    @graph.query
    class Things:
        @strawberry.field(metadata=PUBLIC)
        def report(self, input: MoodInput) -> MoodReport:
            return MoodReport(text="")

    text = "has no description; say in the words of its users what it is"
    assert sorted(problems(graph)) == [
        f"bad: {name} {text}"
        for name in sorted(
            [
                "Mood",
                "Mood.GOOD",
                "MoodInput",
                "MoodInput.mood",
                "MoodReport",
                "MoodReport.text",
                "Query.report",
                "Query.report(input:)",
            ]
        )
    ]


def test_root_fields_without_protection_or_resolver(graph: ModuleGraph) -> None:
    @graph.query
    class Things:
        @strawberry.field(description="Something.")
        def open_door(self) -> int:
            return 1

    @graph.mutation
    class Changes:
        nothing: int = strawberry.field(description="Nothing.", metadata=PUBLIC)

    assert problems(graph) == [
        "bad: Query.openDoor does not say who may use it; give it permission=, signed_in=True or public=True",
        "bad: Mutation.nothing has no resolver; a root has no values of its own",
    ]


def test_a_member_of_a_union_that_is_not_open(graph: ModuleGraph) -> None:
    graph.member_of("ChangePlanResult")(Shop)

    assert problems(graph, "places") == [
        "bad: ChangePlanResult is not an open union; the open unions are: SearchResult"
    ]


def test_a_contribution_wider_than_the_type_it_returns(graph: ModuleGraph) -> None:
    @strawberry.type(description="For administrators.")
    class Secret:
        text: str = strawberry.field(description="Words.")

    @graph.query(audience=EVERYONE)
    class Things:
        @described
        def secret(self) -> Secret:
            return Secret(text="")

    assert problems(graph, is_internal=True) == [
        "bad: Query.secret is also for MERCHANT, STORE, who cannot see Secret; declare its audience too"
    ]


def test_a_module_that_is_there_twice_or_misnamed_or_lacks_a_requirement(graph: ModuleGraph) -> None:
    with pytest.raises(CompositionError) as caught:
        Composer([*PARTS, ComposedModule("notes", HERE, graph, requires=("weather",))]).compose()

    assert [str(problem) for problem in caught.value.problems] == [
        "notes: the module is there twice; rename one",
        "notes: the graph belongs to 'bad'; give ModuleGraph the code of its module",
        "notes: weather is required and not installed; install it or take it out of requires",
    ]


def test_a_class_with_two_owners(graph: ModuleGraph) -> None:
    graph.own(Shop)
    other = ModuleGraph("other", "elsewhere")
    other.own(Shop)

    with pytest.raises(CompositionError) as caught:
        Composer(
            [
                *PARTS,
                ComposedModule("bad", HERE, graph, requires=("plans",)),
                ComposedModule("other", "elsewhere", other, requires=("plans",)),
            ]
        ).compose()

    assert "other: Shop is owned by 'bad' too; declare one owner" in str(caught.value)


def test_what_strawberry_itself_refuses(graph: ModuleGraph) -> None:
    @graph.query
    class Things:
        @described
        def broken(self) -> "Nowhere":  # type: ignore[name-defined]  # noqa: F821
            return None

    (problem,) = problems(graph)
    assert problem.startswith("kernel: the schema cannot be built: ")
    assert "broken" in problem


def test_no_query_at_all() -> None:
    with pytest.raises(CompositionError, match="Query has no fields; contribute one"):
        Composer([]).compose()


def test_everything_at_once_in_one_message(graph: ModuleGraph) -> None:
    @graph.query
    class Things:
        @strawberry.field
        def shops(self) -> int:
            return 1

        @strawberry.field
        def other(self) -> Person | None:
            return None

    with pytest.raises(CompositionError) as caught:
        Composer([*PARTS, ComposedModule("bad", HERE, graph)]).compose()

    text = str(caught.value)
    assert text.startswith("The schema cannot be composed:\n  - bad: ")
    assert len(text.splitlines()) == 5
