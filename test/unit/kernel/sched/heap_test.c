/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Heap: against a plain array, in random sequences, and the shape that makes its operations O(log n).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kernel/sched/heap.h"

#define NODE_COUNT 300
#define STEP_COUNT 20000

static uint64_t rank_of(const struct heap_node *node)
{
    return node == NULL ? 0 : node->rank;
}

/** Leftist, ordered, linked both ways; returns how many nodes there are (walked by parent links, not by recursion). */
static uint64_t check_shape(const struct heap *heap)
{
    uint64_t count = 0;
    const struct heap_node *node = heap->root;
    const struct heap_node *from = NULL;
    assert_true(node == NULL || node->parent == NULL);
    while (node != NULL) {
        const struct heap_node *next = node->parent;
        if (from == node->parent) {
            count++;
            assert_true(rank_of(node->left) >= rank_of(node->right));
            assert_int_equal(node->rank, rank_of(node->right) + 1);
            assert_true(node->left == NULL || (node->left->parent == node && node->left->key >= node->key));
            assert_true(node->right == NULL || (node->right->parent == node && node->right->key >= node->key));
            next = node->left != NULL ? node->left : node->right != NULL ? node->right : node->parent;
        } else if (from == node->left && node->right != NULL) {
            next = node->right;
        }
        from = node;
        node = next;
    }
    return count;
}

static uint64_t least_key(const struct heap_node *nodes, const bool *is_in)
{
    uint64_t least = UINT64_MAX;
    for (unsigned int i = 0; i < NODE_COUNT; i++) {
        if (is_in[i] && nodes[i].key < least) {
            least = nodes[i].key;
        }
    }
    return least;
}

static void first_is_least_in_random_sequences(void **state)
{
    (void)state;
    static struct heap_node nodes[NODE_COUNT];
    static bool is_in[NODE_COUNT];
    struct heap heap = {0};
    uint64_t count = 0;
    srandom(1);
    for (unsigned int step = 0; step < STEP_COUNT; step++) {
        unsigned int i = (unsigned int)random() % NODE_COUNT;
        if (is_in[i]) {
            heap_remove(&heap, &nodes[i]);
            count--;
        } else {
            heap_insert(&heap, &nodes[i], (uint64_t)random() % 1000);
            count++;
        }
        is_in[i] = !is_in[i];
        assert_int_equal(check_shape(&heap), count);
        if (count == 0) {
            assert_null(heap_first(&heap));
        } else {
            assert_int_equal(heap_first(&heap)->key, least_key(nodes, is_in));
        }
    }
}

static void taking_the_first_sorts(void **state)
{
    (void)state;
    static struct heap_node nodes[NODE_COUNT];
    struct heap heap = {0};
    for (uint64_t i = 0; i < NODE_COUNT; i++) {
        heap_insert(&heap, &nodes[i], i * 7919 % NODE_COUNT);
    }
    for (uint64_t i = 0; i < NODE_COUNT; i++) {
        struct heap_node *first = heap_first(&heap);
        assert_int_equal(first->key, i);
        heap_remove(&heap, first);
    }
    assert_null(heap_first(&heap));
}

static void right_spine_is_logarithmic(void **state)
{
    (void)state;
    static struct heap_node nodes[1023];
    struct heap heap = {0};
    for (uint64_t i = 0; i < 1023; i++) {
        heap_insert(&heap, &nodes[i], i);
    }
    /* A node of rank r has at least 2^r - 1 nodes below and at it. */
    assert_true(heap.root->rank <= 10);
}

static void extreme_keys_are_ordered(void **state)
{
    (void)state;
    struct heap_node never = {0};
    struct heap_node now = {0};
    struct heap heap = {0};
    heap_insert(&heap, &never, UINT64_MAX);
    heap_insert(&heap, &now, 0);
    assert_ptr_equal(heap_first(&heap), &now);
    heap_remove(&heap, &now);
    assert_ptr_equal(heap_first(&heap), &never);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_is_least_in_random_sequences),
        cmocka_unit_test(taking_the_first_sorts),
        cmocka_unit_test(right_spine_is_logarithmic),
        cmocka_unit_test(extreme_keys_are_ordered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
