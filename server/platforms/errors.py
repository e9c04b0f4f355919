"""What can go wrong when a platform's modules are changed."""

from __future__ import annotations

from server.errors import FacetError


class CoreModule(FacetError):
    """A core module is always on."""

    code = "CORE_MODULE"


class ModuleNotAllowed(FacetError):
    """The operator's ceiling excludes the module, or one it requires."""

    code = "MODULE_NOT_ALLOWED"


class ModuleHookFailed(FacetError):
    """What a module does when it is switched failed; everything was rolled back."""

    code = "MODULE_HOOK_FAILED"
