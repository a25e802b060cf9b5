/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets: whole, damaged and too long ones, what stands between them, and the texts made for the other side. */
#include "test/unit/vmm/fake_services.h"
#include "vmm/gdb/packet.h"

static struct packet_reader reader;

static int setup(void **state)
{
    (void)state;
    memset(&reader, 0, sizeof(reader));
    return 0;
}

/* All but the last byte say nothing. */
static enum packet_event take(const char *bytes)
{
    for (; bytes[1] != '\0'; bytes++) {
        assert_int_equal(packet_take(&reader, (uint8_t)*bytes), PACKET_NOTHING);
    }
    return packet_take(&reader, (uint8_t)*bytes);
}

static void a_packet_is_its_text(void **state)
{
    (void)state;
    assert_int_equal(take("$g#67"), PACKET_WHOLE); /* 'g' is 0x67 */
    assert_string_equal(reader.text, "g");
    assert_int_equal(take("$#00"), PACKET_WHOLE);
    assert_string_equal(reader.text, "");
    assert_int_equal(take("$m1,A#0b"), PACKET_WHOLE); /* 0x6d + 0x31 + 0x2c + 0x41 = 0x10b */
    assert_int_equal(take("x+$m1,A#0B"), PACKET_WHOLE);
}

static void a_wrong_checksum_is_damage(void **state)
{
    (void)state;
    assert_int_equal(take("$g#68"), PACKET_DAMAGED);
    assert_int_equal(take("$g#6x"), PACKET_DAMAGED);
    assert_int_equal(take("$g#x7"), PACKET_DAMAGED);
    assert_int_equal(take("$g#67"), PACKET_WHOLE);
}

static void what_begins_anew_is_taken_anew(void **state)
{
    (void)state;
    assert_int_equal(take("$lost$g#67"), PACKET_WHOLE);
    assert_string_equal(reader.text, "g");
}

/* Its checksum is right: 1024 and 1025 times 'a' (0x61) are 0x18400 and 0x18461. */
static void a_text_has_its_limit(void **state)
{
    (void)state;
    char bytes[PACKET_BYTES_MAX + 8];
    memset(bytes, 'a', sizeof(bytes));
    bytes[0] = '$';
    memcpy(&bytes[1 + PACKET_BYTES_MAX], "#00", sizeof("#00"));
    assert_int_equal(take(bytes), PACKET_WHOLE);
    assert_int_equal(reader.length, PACKET_BYTES_MAX);
    bytes[1 + PACKET_BYTES_MAX] = 'a';
    memcpy(&bytes[2 + PACKET_BYTES_MAX], "#61", sizeof("#61"));
    assert_int_equal(take(bytes), PACKET_DAMAGED);
    assert_int_equal(take("$g#67"), PACKET_WHOLE);
}

static void between_packets_stand_signs(void **state)
{
    (void)state;
    assert_int_equal(take("+"), PACKET_NOTHING);
    assert_int_equal(take("-"), PACKET_UNREAD);
    assert_int_equal(take("\x03"), PACKET_INTERRUPT);
    assert_int_equal(take("$\x03-#30"), PACKET_WHOLE); /* within a packet they are text */
}

static void a_text_is_framed(void **state)
{
    (void)state;
    struct packet packet;
    const uint8_t bytes[] = {0x0f, 0xa0};
    packet_start(&packet);
    packet_add(&packet, "m");
    packet_add_hex(&packet, bytes, sizeof(bytes));
    packet_end(&packet);
    assert_int_equal(packet.length, 9);
    assert_memory_equal(packet.bytes, "$m0fa0#94", 9); /* 6d + 30 + 66 + 61 + 30 = 194 */
    packet_start(&packet);
    for (unsigned i = 0; i < 2 * PACKET_BYTES_MAX; i++) {
        packet_add(&packet, "x");
    }
    packet_end(&packet);
    assert_int_equal(packet.length, PACKET_BYTES_MAX + 4);
    assert_int_equal(packet.bytes[PACKET_BYTES_MAX + 1], '#');
}

static void numbers_have_one_to_sixteen_digits(void **state)
{
    (void)state;
    uint64_t value = 7;
    const char *at = "fFff800000000000,1";
    assert_true(packet_number(&at, &value));
    assert_int_equal(value, 0xffff800000000000);
    assert_string_equal(at, ",1");
    assert_false(packet_number(&at, &value));
    assert_string_equal(at, ",1");
    at = "12345678901234567";
    assert_false(packet_number(&at, &value));
    at = "";
    assert_false(packet_number(&at, &value));
    assert_int_equal(value, 0xffff800000000000);
}

static void bytes_have_two_digits_each(void **state)
{
    (void)state;
    uint8_t bytes[3] = {0};
    const char *at = "0aFf1";
    assert_true(packet_hex(&at, bytes, 2));
    assert_int_equal(bytes[0] << 8 | bytes[1], 0x0aff);
    assert_false(packet_hex(&at, bytes, 1));
    assert_string_equal(at, "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_packet_is_its_text, setup),
        cmocka_unit_test_setup(a_wrong_checksum_is_damage, setup),
        cmocka_unit_test_setup(what_begins_anew_is_taken_anew, setup),
        cmocka_unit_test_setup(a_text_has_its_limit, setup),
        cmocka_unit_test_setup(between_packets_stand_signs, setup),
        cmocka_unit_test(a_text_is_framed),
        cmocka_unit_test(numbers_have_one_to_sixteen_digits),
        cmocka_unit_test(bytes_have_two_digits_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
