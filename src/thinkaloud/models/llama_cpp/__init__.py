"""The embedded backend: GGUF files through llama.cpp."""

from thinkaloud.models.llama_cpp.model import LlamaCpp

__all__ = ["LlamaCpp"]
