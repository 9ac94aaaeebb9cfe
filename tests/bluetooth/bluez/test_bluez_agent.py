"""Pairing agent over a real bus (see `tests.rigs.bluez_service`)."""

import pytest
from dbus_fast import Message, MessageType

from bridge.bluetooth.bluez_agent import AGENT, PATH
from bridge.bluetooth.radio import open_radio
from tests.rigs.bluez_service import ADDRESS, Adapter, AgentManager, BlueZ, Bus, bluez

MINE = f"/org/bluez/hci0/dev_{ADDRESS.replace(':', '_')}"
OTHER = "/org/bluez/hci0/dev_00_11_22_33_44_55"


async def asked(service: BlueZ, agent: str, member: str, signature: str, *body: object) -> Message:
    """Ask the agent something, as bluetoothd does."""
    return await service.bus.call(
        Message(
            destination=agent,
            path=PATH,
            interface=AGENT,
            member=member,
            signature=signature,
            body=list(body),
        )
    )


async def test_agent_accepts_pairing_with_its_machine_only(bus: Bus) -> None:
    manager, senders = AgentManager(), []

    def note(message: Message) -> None:
        if message.member == "RegisterAgent":
            senders.append(message.sender)

    async with bluez(bus, Adapter(), manager) as service:
        service.bus.add_message_handler(note)
        async with open_radio("system") as radio, radio.pairing(ADDRESS):
            assert manager.registered == [(PATH, "NoInputNoOutput")]
            assert manager.default == PATH
            (agent,) = senders
            assert agent is not None
            for member, signature, more in (
                ("RequestAuthorization", "o", ()),
                ("AuthorizeService", "os", ("1826",)),
            ):
                reply = await asked(service, agent, member, signature, MINE, *more)
                assert reply.message_type is MessageType.METHOD_RETURN
                reply = await asked(service, agent, member, signature, OTHER, *more)
                assert reply.error_name == "org.bluez.Error.Rejected"
            reply = await asked(service, agent, "RequestConfirmation", "ou", MINE, 123456)
            assert reply.error_name == "org.bluez.Error.Rejected"
            for member in ("Cancel", "Release"):
                reply = await asked(service, agent, member, "")
                assert reply.message_type is MessageType.METHOD_RETURN


async def test_agent_of_another_machine_accepts_pairing_while_both_are_linked(bus: Bus) -> None:
    senders = []

    def note(message: Message) -> None:
        if message.member == "RegisterAgent":
            senders.append(message.sender)

    async with bluez(bus, Adapter(), AgentManager()) as service:
        service.bus.add_message_handler(note)
        async with open_radio("system") as radio:
            async with radio.pairing(ADDRESS), radio.pairing("00:11:22:33:44:55"):
                newest = senders[-1]
                assert newest is not None
                for device in (MINE, OTHER):
                    reply = await asked(service, newest, "RequestAuthorization", "o", device)
                    assert reply.message_type is MessageType.METHOD_RETURN
            async with radio.pairing("00:11:22:33:44:55"):
                newest = senders[-1]
                assert newest is not None
                reply = await asked(service, newest, "RequestAuthorization", "o", MINE)
                assert reply.error_name == "org.bluez.Error.Rejected"


@pytest.mark.parametrize("running", [True, False])
async def test_refused_agent_is_no_error(bus: Bus, running: bool) -> None:
    if not running:
        bus.end()
        bus.socket.unlink(missing_ok=True)
    async with open_radio("system") as radio, radio.pairing(ADDRESS):
        pass
