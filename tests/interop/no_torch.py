"""Stands in for torch, which Lhotse imports but does not need to read manifests (it is 5 GB)."""

import importlib.machinery
import importlib.util
import sys
import types


class _Meta(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return cls


class _Anything(metaclass=_Meta):
    def __init__(self, *args, **named):
        pass

    def __init_subclass__(cls, **named):
        pass

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything

    def __call__(self, *args, **named):
        return args[0] if args else self


class _Finder:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "torchaudio"):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        module = types.ModuleType(spec.name)
        module.__path__ = []
        module.__version__ = "2.0.0"
        module.__getattr__ = lambda name: _Anything
        return module

    def exec_module(self, module):
        pass


def install():
    """Puts it in place, unless torch itself is there."""
    if importlib.util.find_spec("torch") is None:
        sys.meta_path.insert(0, _Finder())
