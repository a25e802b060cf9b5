/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Leftist heap of intrusive nodes, least key first: releases and timers. All operations O(log n), no recursion.
 */
#pragma once

#include "kernel/lib/base.h"

struct heap_node {
    struct heap_node *left;
    struct heap_node *right;
    struct heap_node *parent;
    uint64_t key;  /* ticks */
    uint64_t rank; /* length of the shortest path to a missing child */
};

struct heap {
    struct heap_node *root;
};

/** Insert `node` (in no heap) with `key`. */
void heap_insert(struct heap *heap, struct heap_node *node, uint64_t key);

/** Take `node`, which is in `heap`, out. */
void heap_remove(struct heap *heap, struct heap_node *node);

/** The node with the least key, or NULL. */
static inline struct heap_node *heap_first(const struct heap *heap)
{
    return heap->root;
}
