"""The air: a Bluetooth link between virtual controllers, with features that bumble's lacks.

bumble provides controllers and a link. Added here: data under the connection's own address,
cancelling a pending connection, a complete reset, loss of range with a supervision timeout, and a
TCP server that gives each client its own controller, like a dongle.
"""

import asyncio
import itertools
import logging
from typing import Self, cast

from bumble import core, hci, ll
from bumble.controller import Connection, Controller
from bumble.link import LocalLink
from bumble.transport.common import StreamPacketSink, StreamPacketSource, TransportSink

log = logging.getLogger(__name__)

SUPERVISION_TIMEOUT = 2.0
"""Supervision timeout of a link, in seconds."""

_RSSI = -50
# Linux trusts these features, and then waits for events that bumble never sends.
_UNFULFILLED = hci.LeFeatureMask.LL_PRIVACY | hci.LeFeatureMask.LE_EXTENDED_ADVERTISING


class AirController(Controller):
    """A virtual controller that can cancel a connection attempt and clears its state on reset."""

    le_features = Controller.le_features & ~_UNFULFILLED
    link: "Air"

    def on_hci_le_create_connection_cancel_command(
        self, _command: hci.HCI_LE_Create_Connection_Cancel_Command
    ) -> hci.HCI_StatusReturnParameters:
        """Cancel the pending connection: it completes with an error (Core 4.E, 7.8.13)."""
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending is None:
            return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        complete = hci.HCI_LE_Connection_Complete_Event(
            status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
            connection_handle=0,
            role=hci.Role.CENTRAL,
            peer_address_type=pending.peer_address.address_type,
            peer_address=pending.peer_address,
            connection_interval=0,
            peripheral_latency=0,
            supervision_timeout=0,
            central_clock_accuracy=0,
        )
        # Deferred until after the command's own completion, which is sent when this returns.
        asyncio.get_running_loop().call_soon(self.send_hci_packet, complete)
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)

    def on_advertising_pdu(self, pdu: ll.AdvInd | ll.AdvExtInd) -> None:
        """Report an advertisement with its own scan response; connect if a connection is pending.

        bumble repeats the advertisement instead of the scan response.
        """
        reports = hci.HCI_LE_Advertising_Report_Event
        if self.le_scan_enable:
            self._report(pdu.advertiser_address, reports.EventType.ADV_IND, pdu.data)
            if self.le_scan_type == hci.HCI_LE_Set_Scan_Parameters_Command.ACTIVE_SCANNING:
                response = self.link.scan_response(pdu.advertiser_address)
                self._report(pdu.advertiser_address, reports.EventType.SCAN_RSP, response)
        wanted = self.pending_le_connection
        if wanted is not None and wanted.peer_address == pdu.advertiser_address:
            self.create_le_connection(pdu.advertiser_address)

    def _report(self, address: hci.Address, event_type: int, data: bytes) -> None:
        report = hci.HCI_LE_Advertising_Report_Event.Report(
            event_type=event_type,
            address_type=address.address_type,
            address=address,
            data=data,
            rssi=_RSSI,
        )
        self.send_hci_packet(hci.HCI_LE_Advertising_Report_Event([report]))

    def on_hci_reset_command(
        self, command: hci.HCI_Reset_Command
    ) -> hci.HCI_StatusReturnParameters:
        """Clear all state; the peers of its connections receive nothing more."""
        self.pending_le_connection = None
        self.le_scan_enable = False
        self.le_legacy_advertiser.stop()
        self.link.forget(self)
        return super().on_hci_reset_command(command)


class Air(LocalLink):
    """The medium that all controllers share. `go_dark` interrupts it, `back` restores it."""

    def __init__(self, *, supervision_timeout: float = SUPERVISION_TIMEOUT) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.dark = False
        self._supervision_timeout = supervision_timeout
        self._timer: asyncio.TimerHandle | None = None
        self._dongles = itertools.count(1)

    def new_public_address(self) -> hci.Address:
        """A public address that no other controller has: Linux takes none that is all zero."""
        number = next(self._dongles)
        octets = bytes((number & 0xFF, number >> 8 & 0xFF, 0, 0, 0, 0x02))  # the lowest first
        return hci.Address(octets, hci.Address.PUBLIC_DEVICE_ADDRESS)

    def new_controller(self, name: str = "dongle") -> AirController:
        """Return a controller for a host in this process: both its HCI source and its sink."""
        return AirController(name, link=self)

    def go_dark(self) -> None:
        """Go out of range: no packet passes, and both ends see a supervision timeout."""
        if not self.dark:
            self.dark = True
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._supervision_timeout, self._time_out)

    def back(self) -> None:
        """Come back into range: connections continue unless they timed out meanwhile."""
        self.dark = False
        self._cancel_timer()
        for controller in self.controllers:
            for connection in list(controller.le_connections.values()):
                if self._other_end(connection) is None:
                    _lose(controller, connection)

    def close(self) -> None:
        """Close the air: drop every connection, silence every controller, cancel every timer."""
        self._cancel_timer()
        self._lose_all()
        for controller in list(self.controllers):
            self.unplug(controller)

    def unplug(self, controller: Controller) -> None:
        """Remove a controller from its host: its peers see a supervision timeout."""
        if controller in self.controllers:
            controller.host = None
            controller.le_legacy_advertiser.stop()
            self.forget(controller)
            self.remove_controller(controller)

    def forget(self, controller: Controller) -> None:
        """Drop a controller's connections without its host's knowledge.

        The peers see a supervision timeout at once: waiting for it would show nothing.
        """
        for connection in list(controller.le_connections.values()):
            found = self._other_end(connection)
            if found is not None:
                _lose(*found)
        controller.le_connections.clear()

    def scan_response(self, advertiser: hci.Address) -> bytes:
        """Return the scan response of the advertiser at this address."""
        for controller in self.controllers:
            if controller.le_legacy_advertiser.address == advertiser:
                return controller.le_legacy_advertiser.scan_response_data
        return b""

    def send_acl_data(
        self,
        sender_controller: Controller,
        destination_address: hci.Address,
        transport: core.PhysicalTransport,
        data: bytes,
    ) -> None:
        """Carry data to the other end of a connection, under the connection's own address.

        bumble labels it with the sender's random address, so data from a host that connected with
        its public address (BlueZ) would be lost.
        """
        connection = sender_controller.le_connections.get(destination_address)
        found = None if self.dark or connection is None else self._other_end(connection)
        if found is not None:
            peer, its_connection = found
            asyncio.get_running_loop().call_soon(
                peer.on_link_acl_data, its_connection.peer_address, transport, data
            )

    def send_advertising_pdu(
        self, sender_controller: Controller, packet: ll.AdvertisingPdu
    ) -> None:
        """Carry an advertisement or a connection request to all controllers."""
        if not self.dark:
            super().send_advertising_pdu(sender_controller, packet)

    def send_ll_control_pdu(
        self, sender_address: hci.Address, receiver_address: hci.Address, packet: ll.ControlPdu
    ) -> None:
        """Carry a control packet; one to a removed controller is lost, as on a real radio."""
        if not self.dark and self.find_le_controller(receiver_address) is not None:
            super().send_ll_control_pdu(sender_address, receiver_address, packet)

    def _other_end(self, connection: Connection) -> tuple[Controller, Connection] | None:
        for controller in self.controllers:
            found = controller.le_connections.get(connection.self_address)
            if found is not None and found.self_address == connection.peer_address:
                return controller, found
        return None

    def _time_out(self) -> None:
        self._timer = None
        self._lose_all()

    def _lose_all(self) -> None:
        for controller in self.controllers:
            for connection in list(controller.le_connections.values()):
                _lose(controller, connection)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _lose(controller: Controller, connection: Connection) -> None:
    controller.on_le_disconnected(connection, hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR)


class AirServer:
    """HCI over TCP: each client gets its own controller. Use as an async context manager."""

    def __init__(self, air: Air, port: int = 0, host: str = "127.0.0.1") -> None:
        self._air = air
        self._address = (host, port)
        self._sessions: set[_Session] = set()
        self.port = port
        """TCP port; after opening, the actual port in place of 0."""

    async def __aenter__(self) -> Self:
        host, port = self._address
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Session(self._air, self._sessions), host, port
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_exception: object) -> None:
        self._server.close()
        for session in tuple(self._sessions):
            await session.abort()
        await self._server.wait_closed()


class _Session(StreamPacketSource):
    """One client's HCI stream and its controller; anything else is skipped and logged once."""

    def __init__(self, air: Air, sessions: "set[_Session]") -> None:
        super().__init__()
        self._air = air
        self._sessions = sessions
        self._closed = asyncio.Event()
        self._warned = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._controller = AirController(
            "dongle",
            host_source=self,
            host_sink=StreamPacketSink(self._transport),
            link=self._air,
            public_address=self._air.new_public_address(),
        )
        self._sessions.add(self)

    def set_packet_sink(self, sink: TransportSink) -> None:
        self._takes = sink
        super().set_packet_sink(self)

    def data_received(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except core.InvalidPacketError as error:
            self._warn_once(error)

    def on_packet(self, packet: bytes) -> None:
        try:
            self._takes.on_packet(packet)
        except Exception as error:  # noqa: BLE001 - any exception of bumble
            self._warn_once(error)

    def _warn_once(self, error: Exception) -> None:
        log.debug("no HCI", exc_info=error)
        if not self._warned:
            self._warned = True
            host, port, *_ = self._transport.get_extra_info("peername") or ("somebody", "?")
            why = str(error) or type(error).__name__
            log.warning(
                "%s:%s sends no HCI to the virtual radio, which ignores it: %s", host, port, why
            )

    def connection_lost(self, _error: Exception | None) -> None:
        # The client is gone: its radio falls silent, and its peers see a supervision timeout.
        self._air.unplug(self._controller)
        self._sessions.discard(self)
        self._closed.set()

    async def abort(self) -> None:
        self._transport.abort()
        await self._closed.wait()
