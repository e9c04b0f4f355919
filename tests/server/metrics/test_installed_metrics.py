"""Every metric of the installed modules can be computed."""

from datetime import timedelta

import pytest
from graphql import GraphQLObjectType
from strawberry.utils.str_converters import to_camel_case

from server.contracts.metrics import ScopeKind
from server.metrics.catalogue import Catalogue
from server.metrics.compute import compute
from server.metrics.graphql_types import label_of
from server.metrics.windows import Window
from server.testing import TestPlatform


@pytest.mark.parametrize("kind", ScopeKind)
async def test_every_source_answers_with_its_columns(platform: TestPlatform, kind: ScopeKind) -> None:
    catalogue = Catalogue(platform.facet.registry.definitions)
    metrics = [metric for metric in catalogue.metrics.values() if kind in catalogue.scopes(metric)]
    now = platform.facet.clock.now()
    windows = [Window(now - timedelta(days=2), now - timedelta(days=1)), Window(now - timedelta(days=1), now)]

    async with platform.context() as ctx:
        values = await compute(ctx, catalogue, metrics, kind, [platform.id], windows)

    assert metrics
    for metric in metrics:
        for window in windows:
            found = values.of(metric, platform.id, window)
            assert found.number in (0, None), metric.key
            assert found.amounts in ({"EUR": 0}, None), metric.key


def test_every_declared_scope_is_served(platform: TestPlatform) -> None:
    catalogue = Catalogue(platform.facet.registry.definitions)

    for metric in catalogue.metrics.values():
        assert catalogue.scopes(metric) == metric.scopes, metric.key


async def test_every_metric_has_its_field(platform: TestPlatform) -> None:
    result = await platform.execute(
        "{ platformMetrics { values { key value } } metricCatalog { key scopes } }"
    )

    assert result.errors == []
    assert result.data is not None
    about_platform = [m["key"] for m in result.data["metricCatalog"] if "PLATFORM" in m["scopes"]]
    assert [value["key"] for value in result.data["platformMetrics"]["values"]] == about_platform


def test_a_field_is_described_as_its_metric(platform: TestPlatform) -> None:
    types = platform.facet.schema.graphql_schema.type_map

    for metric in platform.facet.registry.metrics.values():
        for kind in metric.scopes:
            type_ = types[f"{metric.module.title()}{kind.value.title()}Metrics"]
            assert isinstance(type_, GraphQLObjectType)
            found = type_.fields[to_camel_case(metric.name)]
            assert found.description == metric.description


async def test_names_are_in_the_caller_s_language(platform: TestPlatform) -> None:
    metric = platform.facet.registry.metrics["tenancy.total_stores"]

    async with platform.context() as ctx:
        ctx.locale = "fr-LU"
        assert label_of(ctx, metric) == "Boutiques"
        ctx.locale = "xx"
        assert label_of(ctx, metric) == metric.label
