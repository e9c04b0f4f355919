"""What the enabled modules bring for tiers and roles: features and permissions."""

from enum import Enum

import strawberry

from server.auth.audience import ADMINS
from server.contracts.features import FeatureDeclaration
from server.contracts.permissions import Permission
from server.graphql.fields import field, query_field
from server.graphql.info import Info
from server.platforms.graphql.graph import graph, is_shown, text
from server.platforms.locales import text_key
from server.platforms.permissions import VIEW_MODULES
from server.platforms.services import services


@strawberry.enum(description="Whether a feature is had or counted.")
class FeatureKind(Enum):
    BINARY = strawberry.enum_value("BINARY", description="Included or not.")
    QUANTITATIVE = strawberry.enum_value("QUANTITATIVE", description="Included up to a limit.")


@strawberry.enum(description="Who uses a feature.")
class FeatureScope(Enum):
    MERCHANT = strawberry.enum_value("MERCHANT", description="A merchant, with all its stores together.")
    STORE = strawberry.enum_value("STORE", description="Each store by itself.")


@strawberry.type(description="A capability that a module brings and a tier can include.")
class Feature:
    declared: strawberry.Private[FeatureDeclaration]
    code: str = strawberry.field(description="Its stable name, for programs.")
    module: str = strawberry.field(description="Code of the module it comes with.")
    kind: FeatureKind = strawberry.field(description="Whether it is had or counted.")
    scope: FeatureScope = strawberry.field(description="Who uses it.")
    category: str = strawberry.field(description="What it belongs to in a list.")
    unit: str | None = strawberry.field(description="What its limit counts.")
    default_limit: int | None = strawberry.field(description="Its limit unless a tier sets one; null: none.")
    icon: str = strawberry.field(description="Key of an icon.")

    @field(description="Its name, for people.")
    def name(self, info: Info) -> str:
        return text(info, self.module, text_key("feature", self.code), self.declared.name)

    @field(description="What it allows.")
    def description(self, info: Info) -> str:
        key = text_key("feature-description", self.code)
        return text(info, self.module, key, self.declared.description)


@strawberry.type(name="Permission", description="A right that roles and API keys can hold.")
class PermissionInfo:
    declared: strawberry.Private[Permission]
    code: str = strawberry.field(description="Its stable name, also the scope of an API key.")
    module: str = strawberry.field(description="Code of its module; `kernel` for the system's own.")
    roles: list[str] = strawberry.field(description="The roles that hold it.")

    @field(description="Its name, for people.")
    def name(self, info: Info) -> str:
        return text(info, self.module, text_key("permission", self.code), self.declared.name)

    @field(description="What it allows.")
    def description(self, info: Info) -> str:
        key = text_key("permission-description", self.code)
        return text(info, self.module, key, self.declared.description)


@graph.query
class FeatureQuery:
    @query_field(
        description="The features of the enabled modules, in order.", permission=VIEW_MODULES, cost=1
    )
    def feature_catalog(self, info: Info) -> list[Feature]:
        ctx = info.context
        features = services(ctx).registry.features_in(ctx.modules)
        return [to_feature(module, declared) for module, declared in features if is_shown(ctx, module)]


@graph.query(audience=ADMINS)
class PermissionQuery:
    @query_field(
        description="The permissions of the system and of the enabled modules, to choose the scopes of an "
        "API key from.",
        permission=VIEW_MODULES,
        cost=1,
    )
    def permission_catalog(self, info: Info) -> list[PermissionInfo]:
        ctx = info.context
        return [
            PermissionInfo(declared=declared, code=declared.code, module=module, roles=list(declared.roles))
            for module, declared in services(ctx).registry.permissions_in(ctx.modules)
        ]


def to_feature(module: str, declared: FeatureDeclaration) -> Feature:
    return Feature(
        declared=declared,
        code=declared.code,
        module=module,
        kind=FeatureKind(declared.kind.value),
        scope=FeatureScope(declared.scope.value),
        category=declared.category,
        unit=declared.unit,
        default_limit=declared.default_limit,
        icon=declared.icon,
    )
