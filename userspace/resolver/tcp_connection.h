// SPDX-License-Identifier: GPL-3.0-or-later
// One TCP client: messages behind two length bytes, answered in the order they came (RFC 7766).
//
// Life: the server creates it on accept and hands it to the pool; its pending operations keep it alive. It closes on
// the client's end of stream once everything asked is answered, on an error, on bytes that are no query, when it is
// idle for too long, or when the pool needs its place. All of it happens on the server's one thread.
//
// Back-pressure: while more than kOutHigh bytes of responses wait, nothing is read, so a client that asks without
// reading fills its own socket buffers and not our memory.
#pragma once

#include <utility>  // before Asio, whose headers need std::exchange with some compilers

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <vector>

#include "base/ip.h"
#include "resolver/counters.h"
#include "resolver/image_slot.h"
#include "resolver/respond.h"

namespace splitline {

class TcpPool;

/// What all connections share.
struct TcpContext {
    explicit TcpContext(const ImageSlot& slot) : image(slot) {}

    ImageSlot::Reader image;
    Responder responder;
    QueryCounters counters{Transport::kTcp};
    std::vector<uint8_t> response = std::vector<uint8_t>(65535);
    TcpPool* pool = nullptr;
};

class TcpConnection : public std::enable_shared_from_this<TcpConnection> {
  public:
    TcpConnection(boost::asio::ip::tcp::socket socket, const Address& client, TcpContext& context);

    void start() { pump(); }
    /// Ends it at once; responses not yet sent are lost. Does nothing the second time.
    void close();

  private:
    friend class TcpPool;
    // Does whatever can be done now: answer, write, read, or close.
    void pump();
    void answer_messages();
    bool answer(const Served& served, std::span<const uint8_t> query);
    void read();
    void on_read(const boost::system::error_code& error, size_t size);
    void write();
    void on_write(const boost::system::error_code& error);

    boost::asio::ip::tcp::socket socket_;
    const Address client_;
    TcpContext& context_;
    std::vector<uint8_t> in_;  // in_size_ bytes of it are received and not yet answered
    size_t in_size_ = 0;
    std::vector<uint8_t> out_;      // responses that wait
    std::vector<uint8_t> sending_;  // responses that are being written
    bool reading_ = false, writing_ = false;
    bool ended_ = false;  // nothing more will be read: end of stream, or bytes that are no query
    bool closed_ = false;

    // The pool's: when it becomes too old, and its place in the order of activity.
    std::chrono::steady_clock::time_point deadline_;
    std::list<std::shared_ptr<TcpConnection>>::iterator place_;
};

}  // namespace splitline
