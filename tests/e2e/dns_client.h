// SPDX-License-Identifier: GPL-3.0-or-later
// A small DNS client on libknot for the end-to-end tests' programs: asks one server over UDP or TCP and reads its
// answers.
//
// It shares no code with Splitline: messages are written and parsed by libknot, which rejects malformed ones. Set-up
// errors throw; an answer that does not come is an empty one.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

extern "C" {
#include <libknot/libknot.h>
}

namespace splitline::e2e {

struct Question {
    std::string name;  // presentation form
    uint16_t type = 0;
};

/// "NAME TYPE", as dnsperf reads it. Throws std::runtime_error on anything else.
Question parse_question(const std::string& line);

/// What a query carries besides its question.
struct QueryOptions {
    uint16_t udp_payload = 0;  // 0 = no EDNS
    bool dnssec_ok = false;
    std::string subnet;  // "203.0.113.0/24", "" = no client subnet option
};

std::vector<uint8_t> make_query(const Question& question, const QueryOptions& options, uint16_t id);

/// A parsed response.
class Response {
  public:
    /// Throws std::runtime_error if libknot refuses the message.
    explicit Response(std::vector<uint8_t> wire);

    [[nodiscard]] bool truncated() const;
    /// "NOERROR aa scope=24 | answer: RR; RR | authority: RR", the records of a section sorted, owners in lower case;
    /// scope only where the response has a client subnet option.
    [[nodiscard]] std::string text() const;
    /// All records of a section, one text each, sorted.
    [[nodiscard]] std::vector<std::string> records(knot_section_t section) const;
    [[nodiscard]] const knot_pkt_t* packet() const { return packet_.get(); }

  private:
    struct Free {
        void operator()(knot_pkt_t* packet) const { knot_pkt_free(packet); }
    };
    std::vector<uint8_t> wire_;
    std::unique_ptr<knot_pkt_t, Free> packet_;
};

/// One socket to one server; a TCP connection is opened with the first query and again after an error.
class Client {
  public:
    /// `source` "" lets the kernel choose.
    Client(const std::string& address, uint16_t port, bool tcp, const std::string& source);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// The response to `query`, recognised by its ID; empty if none came within `timeout_ms`, counted from the last
    /// byte heard.
    std::vector<uint8_t> exchange(const std::vector<uint8_t>& query, int timeout_ms);

  private:
    void open();
    void close();
    bool send_all(const std::vector<uint8_t>& data) const;
    bool receive_exactly(uint8_t* data, size_t size, int timeout_ms) const;
    std::vector<uint8_t> receive(int timeout_ms) const;

    sockaddr_storage server_{};
    sockaddr_storage source_{};
    bool tcp_;
    bool has_source_;
    int fd_ = -1;
};

}  // namespace splitline::e2e
