// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/tcp_connection.h"

extern "C" {
#include <libknot/wire.h>
}

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "resolver/tcp_pool.h"

namespace splitline {

namespace {

using boost::system::error_code;

constexpr size_t kLengthSize = 2;
constexpr size_t kReadSize = 4096;     // several ordinary queries
constexpr size_t kOutHigh = 64 << 10;  // responses that may wait before reading stops
constexpr size_t kOutKept = 16 << 10;  // capacity a buffer may keep between responses

}  // namespace

TcpConnection::TcpConnection(boost::asio::ip::tcp::socket socket, const Address& client, TcpContext& context)
    : socket_(std::move(socket)), client_(client), context_(context), in_(kReadSize) {}

void TcpConnection::close() {
    if (closed_) return;
    closed_ = true;
    error_code ignored;
    socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);  // pending operations end with operation_aborted
    context_.pool->remove(*this);
}

void TcpConnection::pump() {
    if (closed_) return;
    answer_messages();
    if (!writing_ && !out_.empty()) {
        write();
        answer_messages();  // there is room again
    }
    if (ended_ && !writing_ && out_.empty()) return close();
    if (!ended_ && !reading_ && out_.size() < kOutHigh) read();
}

void TcpConnection::answer_messages() {
    const Served& served = context_.image.current();
    context_.counters.reserve_lines(served.image->lines->catalog.size());
    size_t at = 0;
    bool answered = false;
    while (out_.size() < kOutHigh && in_size_ - at >= kLengthSize) {
        const size_t length = knot_wire_read_u16(&in_[at]);
        if (in_size_ - at - kLengthSize < length) break;
        if (!answer(served, {in_.data() + at + kLengthSize, length})) {
            // A client that sends responses or scraps has lost its framing, or has none.
            ended_ = true;
            at = in_size_;
            break;
        }
        at += kLengthSize + length;
        answered = true;
    }
    context_.image.release();
    std::copy(in_.begin() + static_cast<std::ptrdiff_t>(at), in_.begin() + static_cast<std::ptrdiff_t>(in_size_),
              in_.begin());
    in_size_ -= at;
    // Only whole messages count as activity: a byte now and then must not hold a connection for ever.
    if (answered) context_.pool->touch(*this);
}

bool TcpConnection::answer(const Served& served, std::span<const uint8_t> query) {
    const Responded responded =
        context_.responder.respond(*served.image, served.policy, Transport::kTcp, client_, query, context_.response);
    context_.counters.count(responded);
    if (responded.size == 0) return false;
    const size_t at = out_.size();
    out_.resize(at + kLengthSize + responded.size);
    knot_wire_write_u16(&out_[at], static_cast<uint16_t>(responded.size));
    std::copy_n(context_.response.begin(), responded.size,
                out_.begin() + static_cast<std::ptrdiff_t>(at + kLengthSize));
    return true;
}

void TcpConnection::read() {
    // in_ holds the beginning of at most one message here; make room for the rest of it.
    const size_t wanted = in_size_ >= kLengthSize ? kLengthSize + knot_wire_read_u16(in_.data()) : 0;
    if (in_.size() < wanted) in_.resize(wanted);
    reading_ = true;
    socket_.async_read_some(
        boost::asio::buffer(in_.data() + in_size_, in_.size() - in_size_),
        [self = shared_from_this()](const error_code& error, size_t size) { self->on_read(error, size); });
}

void TcpConnection::on_read(const error_code& error, size_t size) {
    reading_ = false;
    in_size_ += size;
    // End of stream may be the client's half only: what it asked is still answered (RFC 7766 section 6.2.4).
    if (error == boost::asio::error::eof) {
        ended_ = true;
    } else if (error) {
        return close();
    }
    pump();
}

void TcpConnection::write() {
    writing_ = true;
    sending_.swap(out_);
    boost::asio::async_write(socket_, boost::asio::buffer(sending_),
                             [self = shared_from_this()](const error_code& error, size_t) { self->on_write(error); });
}

void TcpConnection::on_write(const error_code& error) {
    writing_ = false;
    if (error) return close();
    sending_.clear();
    if (sending_.capacity() > kOutKept) sending_.shrink_to_fit();
    if (!closed_) context_.pool->touch(*this);
    pump();
}

}  // namespace splitline
