"""The password, how often it may be guessed, and the logins it gives."""

import base64
from pathlib import Path

import pytest

from bridge.dashboard.web.logins import (
    FIRST_WAIT_S,
    FREE_TRIES,
    LOGIN_S,
    LONGEST_WAIT_S,
    MANY,
    MANY_S,
    REMEMBERED,
    Attempts,
    Logins,
    signing_key,
)
from bridge.passwords import hash_password, is_hash, verify


def test_password_is_verified_only_against_its_own_hash() -> None:
    hashed = hash_password("correct horse")

    assert verify("correct horse", hashed)
    assert not verify("correct horsf", hashed)
    assert not verify("x" * 2000, hashed)
    assert not verify("\ud800", hashed)
    assert hashed != hash_password("correct horse")
    assert "correct" not in hashed


def test_the_hash_is_scrypt_with_16_mib_and_five_rounds() -> None:
    name, n, r, p, salt, digest = hash_password("correct horse").split("$")

    assert (name, n, r, p) == ("scrypt", "16384", "8", "5")
    assert (len(base64.b64decode(salt)), len(base64.b64decode(digest))) == (16, 32)


@pytest.mark.parametrize("password", ["short", "x" * 1025])
def test_password_of_invalid_length_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match="8 to 1024 characters"):
        hash_password(password)


@pytest.mark.parametrize(
    "text",
    [
        "", "secret", "scrypt$16384$8$5$!!$!!", "scrypt$16384$8$5$AAAA$AAAA",
        "scrypt$1073741824$8$5$AAAAAAAAAAAAAAAA$" + "A" * 43 + "=",
        "scrypt$16384$9$5$AAAAAAAAAAAAAAAA$" + "A" * 43 + "=",
        "scrypt$x$8$5$AAAAAAAAAAAAAAAA$" + "A" * 43 + "=", "md5$1$1$1$AAAA$AAAA",
    ],
)  # fmt: skip
def test_invalid_password_hash_verifies_no_password(text: str) -> None:
    assert not is_hash(text)
    assert not verify("anything at all", text)


class TestLogins:
    def test_login_is_valid_until_it_expires(self) -> None:
        logins = Logins(b"key", "hash")
        cookie = logins.issue(1000.0)

        assert logins.holds(cookie, 1000 + LOGIN_S - 1)
        assert not logins.holds(cookie, 1001 + LOGIN_S)

    @pytest.mark.parametrize("cookie", ["", ".", "9999999999.x.y", "ä.ö.ü", "99999999999"])
    def test_forged_login_is_invalid(self, cookie: str) -> None:
        assert not Logins(b"key", "hash").holds(cookie, 0)

    def test_login_with_a_tampered_expiry_is_invalid(self) -> None:
        logins = Logins(b"key", "hash")
        until, rest = logins.issue(0.0).split(".", 1)

        assert not logins.holds(f"{int(until) + 1}.{rest}", 0)

    def test_another_password_or_key_ends_all_logins(self) -> None:
        cookie = Logins(b"key", "hash").issue(0.0)

        assert not Logins(b"key", "other").holds(cookie, 1)
        assert not Logins(b"other", "hash").holds(cookie, 1)


class TestSigningKey:
    def test_login_key_file_is_readable_only_by_its_owner(self, tmp_path: Path) -> None:
        path = tmp_path / "state" / "dashboard.key"

        key = signing_key(path)

        assert signing_key(path) == key
        assert path.stat().st_mode & 0o777 == 0o600

    def test_login_key_without_a_usable_file_is_new_each_time(self, tmp_path: Path) -> None:
        assert signing_key(None) != signing_key(None)
        (tmp_path / "file").write_text("")
        assert len(signing_key(tmp_path / "file" / "key")) == 32

    def test_broken_login_key_file_is_not_used(self, tmp_path: Path) -> None:
        path = tmp_path / "key"
        path.write_bytes(b"short")
        assert len(signing_key(path)) == 32
        (tmp_path / "directory").mkdir()
        assert len(signing_key(tmp_path / "directory")) == 32


class TestAttempts:
    def test_login_wait_doubles_after_the_free_attempts(self) -> None:
        attempts, now, waits = Attempts(), 0.0, []
        for _ in range(FREE_TRIES + 2):
            attempts.failed("10.0.0.1", now)
            waits.append(attempts.wait_s("10.0.0.1", now))
            now += waits[-1]

        assert waits == [0, 0, 0, 0, FIRST_WAIT_S, 2 * FIRST_WAIT_S, 4 * FIRST_WAIT_S]
        assert attempts.wait_s("10.0.0.2", now) == 0
        for _ in range(20):
            attempts.failed("10.0.0.1", now)
        assert attempts.wait_s("10.0.0.1", now) == LONGEST_WAIT_S

    def test_right_password_ends_the_wait(self) -> None:
        attempts = Attempts()
        for _ in range(FREE_TRIES):
            attempts.failed("10.0.0.1", 0)
        attempts.succeeded("10.0.0.1")

        assert attempts.wait_s("10.0.0.1", 0) == 0

    def test_guesses_from_one_ipv6_network_count_together(self) -> None:
        attempts = Attempts()
        for number in range(FREE_TRIES):
            attempts.failed(f"2001:db8::{number}", 0)
            attempts.failed("::ffff:10.0.0.1", 0)

        assert attempts.wait_s("2001:db8::ffff", 0) > 0
        assert attempts.wait_s("2001:db8:1::1", 0) == 0
        assert attempts.wait_s("10.0.0.1", 0) > 0, "IPv4 in IPv6 is the same guesser"

    def test_wrong_guesses_from_many_addresses_delay_every_address(self) -> None:
        attempts = Attempts()
        for number in range(MANY):
            attempts.failed(f"10.0.1.{number}", 5.0)

        assert attempts.wait_s("10.9.9.9", 5.0) == MANY_S
        assert attempts.wait_s("10.9.9.9", 5.0 + MANY_S) == 0

    def test_memory_of_wrong_guesses_is_bounded(self) -> None:
        attempts = Attempts()
        for number in range(REMEMBERED + 10):
            attempts.failed(f"host-{number}", number * 10.0)

        assert len(attempts._records) == REMEMBERED
