/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Leftist heap with parent links. The shorter path to a missing child is always on the right, so the right spine, along which
 * heaps are merged, has at most log2(n + 1) nodes.
 */
#include "kernel/sched/heap.h"

static uint64_t rank_of(const struct heap_node *node)
{
    return node == NULL ? 0 : node->rank;
}

/** Restore the leftist order of one node; whether its rank changed. */
static bool node_settle(struct heap_node *node)
{
    if (rank_of(node->left) < rank_of(node->right)) {
        struct heap_node *child = node->left;
        node->left = node->right;
        node->right = child;
    }
    uint64_t rank = rank_of(node->right) + 1;
    bool is_changed = node->rank != rank;
    node->rank = rank;
    return is_changed;
}

/** Merge two heaps along their right spines, down and then up again; returns the root. Its parent is the caller's: NULL, or as it was. */
static struct heap_node *heap_merge(struct heap_node *a, struct heap_node *b)
{
    struct heap_node *last = NULL;
    /* bound: 2 * (31 - OBJECT_BITS_TIMER); in heap_insert: 31 - OBJECT_BITS_TIMER + 1; assumed: 2 GiB of RAM, full of Timers */
    while (a != NULL && b != NULL) {
        if (b->key < a->key) {
            struct heap_node *other = a;
            a = b;
            b = other;
        }
        struct heap_node *rest = a->right;
        a->parent = last;
        if (last != NULL) {
            last->right = a;
        }
        last = a;
        a = rest;
    }
    struct heap_node *root = a != NULL ? a : b;
    if (last != NULL) { /* then one heap was left over */
        last->right = root;
        root->parent = last;
    }
    /* bound: 2 * (31 - OBJECT_BITS_TIMER); in heap_insert: 31 - OBJECT_BITS_TIMER + 1; assumed: 2 GiB of RAM, full of Timers */
    for (; last != NULL; last = last->parent) {
        node_settle(last);
        root = last;
    }
    return root;
}

void heap_insert(struct heap *heap, struct heap_node *node, uint64_t key)
{
    *node = (struct heap_node){.key = key, .rank = 1};
    heap->root = heap_merge(heap->root, node);
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
    struct heap_node *parent = node->parent;
    struct heap_node *rest = heap_merge(node->left, node->right);
    struct heap_node **link = &heap->root;
    if (parent != NULL) {
        link = parent->left == node ? &parent->left : &parent->right;
    }
    *link = rest;
    if (rest != NULL) {
        rest->parent = parent;
    }
    *node = (struct heap_node){0};

    /* Ranks above can only fall; each further step up is at a rank one higher, so there are O(log n). */
    /* bound: 31 - OBJECT_BITS_TIMER; assumed: 2 GiB of RAM, full of Timers */
    while (parent != NULL && node_settle(parent)) {
        parent = parent->parent;
    }
}
