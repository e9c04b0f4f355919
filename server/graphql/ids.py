"""Global ids: bigint inside, opaque Relay ids outside."""

from strawberry.relay import GlobalID

from server.errors import BadUserInput


def global_id(type_name: str, id: int) -> str:
    """The Relay id of an object."""
    return str(GlobalID(type_name=type_name, node_id=str(id)))


def local_id(id: GlobalID, type_name: str) -> int:
    """The bigint inside `id`; raises `BadUserInput` when it is not the id of a `type_name`."""
    if id.type_name == type_name and id.node_id.isascii() and id.node_id.isdigit() and len(id.node_id) < 19:
        return int(id.node_id)
    raise BadUserInput(f"{id} is not the id of a {type_name}; take it from the `id` field of one.")
