// SPDX-License-Identifier: GPL-3.0-or-later
// Listening sockets: opened and bound with every option the servers need, or an error that says how to mend it.
#pragma once

#include <sys/socket.h>

#include "base/endpoint.h"
#include "base/fd.h"
#include "base/ip.h"
#include "base/result.h"

namespace splitline {

/// A UDP socket bound to `endpoint` that shares the port with other workers (SO_REUSEPORT). On a wildcard it reports
/// the address each query was sent to. Port 0 takes a free one. Non-blocking.
Result<Fd> open_udp_socket(const Endpoint& endpoint);

/// A TCP socket listening on `endpoint`; `fastopen` allows data in the SYN (RFC 7413). Port 0 takes a free one.
/// Non-blocking.
Result<Fd> open_tcp_socket(const Endpoint& endpoint, bool fastopen);

/// Whether `endpoint` is free: 0, or the errno with which the kernel refuses it; type is SOCK_DGRAM or SOCK_STREAM.
/// Takes no query away from a server that holds it, not even from one that would share it.
int try_endpoint(const Endpoint& endpoint, int type);

/// The endpoint a socket is really bound to.
Endpoint bound_endpoint(int socket);

/// The address in an AF_INET or AF_INET6 socket address.
Address address_of(const sockaddr_storage& socket_address);

}  // namespace splitline
