// SPDX-License-Identifier: GPL-3.0-or-later
#include "dns_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace splitline::e2e {
namespace {

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

void must(int knot_error, const char* what) {
    if (knot_error < 0) throw std::runtime_error(std::string(what) + ": " + knot_strerror(knot_error));
}

sockaddr_storage socket_address(const std::string& text, uint16_t port) {
    sockaddr_storage storage{};
    auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
    } else if (inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
    } else {
        throw std::runtime_error("not an IP address: " + text);
    }
    return storage;
}

knot_edns_client_subnet_t client_subnet(const std::string& text) {
    const size_t slash = text.find('/');
    if (slash == std::string::npos) throw std::runtime_error("not a prefix: " + text);
    const sockaddr_storage address = socket_address(text.substr(0, slash), 0);
    knot_edns_client_subnet_t subnet{};
    must(knot_edns_client_subnet_set_addr(&subnet, &address), "client subnet");
    subnet.source_len = static_cast<uint8_t>(std::stoul(text.substr(slash + 1)));
    return subnet;
}

void put_opt(knot_pkt_t* packet, const QueryOptions& options) {
    knot_rrset_t opt;
    must(knot_edns_init(&opt, options.udp_payload != 0 ? options.udp_payload : 1232, 0, 0, nullptr), "OPT");
    if (options.dnssec_ok) knot_edns_set_do(&opt);
    if (!options.subnet.empty()) {
        const knot_edns_client_subnet_t subnet = client_subnet(options.subnet);
        const uint16_t size = knot_edns_client_subnet_size(&subnet);
        uint8_t* data = nullptr;
        must(knot_edns_reserve_option(&opt, KNOT_EDNS_OPTION_CLIENT_SUBNET, size, &data, nullptr), "OPT option");
        must(knot_edns_client_subnet_write(data, size, &subnet), "client subnet");
    }
    must(knot_pkt_begin(packet, KNOT_ADDITIONAL), "additional section");
    must(knot_pkt_put(packet, KNOT_COMPR_HINT_NONE, &opt, KNOT_PF_FREE), "OPT");
}

std::string join(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) all += (all.empty() ? "" : "; ") + text;
    return all;
}

/// "name ttl class type rdata" of each record, without dump's padding.
void dump_records(const knot_rrset_t& rrset, std::vector<std::string>& out) {
    std::array<char, 256> type{};
    knot_rrtype_to_string(rrset.type, type.data(), type.size());
    std::array<char, 1024> owner{};
    knot_dname_to_str(owner.data(), rrset.owner, owner.size());
    std::string name(owner.data());
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : c; });
    std::vector<char> data(400'000);
    for (size_t i = 0; i < rrset.rrs.count; ++i) {
        must(knot_rrset_txt_dump_data(&rrset, i, data.data(), data.size(), &KNOT_DUMP_STYLE_DEFAULT), "RDATA");
        out.push_back(name + " " + std::to_string(rrset.ttl) + " " + type.data() + " " + data.data());
    }
}

}  // namespace

Question parse_question(const std::string& line) {
    const size_t space = line.find_last_of(" \t");
    Question question;
    if (space == std::string::npos || knot_rrtype_from_string(line.substr(space + 1).c_str(), &question.type) != 0)
        throw std::runtime_error("not `NAME TYPE`: " + line);
    question.name = line.substr(0, line.find_last_not_of(" \t", space) + 1);
    return question;
}

std::vector<uint8_t> make_query(const Question& question, const QueryOptions& options, uint16_t id) {
    const std::unique_ptr<knot_pkt_t, void (*)(knot_pkt_t*)> packet(knot_pkt_new(nullptr, 4096, nullptr),
                                                                    knot_pkt_free);
    knot_dname_storage_t name;
    if (knot_dname_from_str(name, question.name.c_str(), sizeof(name)) == nullptr)
        throw std::runtime_error("not a name: " + question.name);
    must(knot_pkt_put_question(packet.get(), name, KNOT_CLASS_IN, question.type), "question");
    knot_wire_set_id(packet->wire, id);
    if (options.udp_payload != 0 || options.dnssec_ok || !options.subnet.empty()) put_opt(packet.get(), options);
    return {packet->wire, packet->wire + packet->size};
}

Response::Response(std::vector<uint8_t> wire) : wire_(std::move(wire)) {
    packet_.reset(knot_pkt_new(wire_.data(), static_cast<uint16_t>(wire_.size()), nullptr));
    must(knot_pkt_parse(packet_.get(), 0), "malformed response");
}

bool Response::truncated() const {
    return knot_wire_get_tc(packet_->wire) != 0;
}

std::vector<std::string> Response::records(knot_section_t section) const {
    std::vector<std::string> texts;
    const knot_pktsection_t* rrsets = knot_pkt_section(packet_.get(), section);
    for (uint16_t i = 0; i < rrsets->count; ++i) {
        const knot_rrset_t* rrset = knot_pkt_rr(rrsets, i);
        if (rrset->type != KNOT_RRTYPE_OPT) dump_records(*rrset, texts);
    }
    std::sort(texts.begin(), texts.end());
    return texts;
}

std::string Response::text() const {
    std::string text = knot_pkt_ext_rcode_name(packet_.get());
    if (knot_wire_get_aa(packet_->wire) != 0) text += " aa";
    if (truncated()) text += " tc";
    const uint8_t* option = knot_pkt_edns_option(packet_.get(), KNOT_EDNS_OPTION_CLIENT_SUBNET);
    if (option != nullptr) {
        knot_edns_client_subnet_t subnet;
        must(knot_edns_client_subnet_parse(&subnet, option + 4, knot_edns_opt_get_length(option)), "client subnet");
        text += " scope=" + std::to_string(subnet.scope_len);
    }
    return text + " | answer: " + join(records(KNOT_ANSWER)) + " | authority: " + join(records(KNOT_AUTHORITY));
}

Client::Client(const std::string& address, uint16_t port, bool tcp, const std::string& source)
    : server_(socket_address(address, port)), tcp_(tcp), has_source_(!source.empty()) {
    if (has_source_) source_ = socket_address(source, 0);
}

Client::~Client() {
    close();
}

void Client::open() {
    const socklen_t size = server_.ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    fd_ = socket(server_.ss_family, (tcp_ ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    if (fd_ < 0) fail("socket");
    if (has_source_ && bind(fd_, reinterpret_cast<const sockaddr*>(&source_), size) != 0) fail("bind");
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&server_), size) != 0) fail("connect");
}

void Client::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

bool Client::send_all(const std::vector<uint8_t>& data) const {
    size_t sent = 0;
    while (sent < data.size()) {
        const ssize_t count = send(fd_, data.data() + sent, data.size() - sent, MSG_NOSIGNAL);
        if (count <= 0) return false;
        sent += static_cast<size_t>(count);
    }
    return true;
}

bool Client::receive_exactly(uint8_t* data, size_t size, int timeout_ms) const {
    while (size > 0) {
        pollfd readable{fd_, POLLIN, 0};
        if (poll(&readable, 1, timeout_ms) <= 0) return false;
        const ssize_t count = recv(fd_, data, size, 0);
        if (count <= 0) return false;
        data += count;
        size -= static_cast<size_t>(count);
    }
    return true;
}

std::vector<uint8_t> Client::receive(int timeout_ms) const {
    std::vector<uint8_t> message(65535);
    if (tcp_) {
        std::array<uint8_t, 2> prefix{};
        if (!receive_exactly(prefix.data(), prefix.size(), timeout_ms)) return {};
        message.resize(static_cast<size_t>(prefix[0] << 8 | prefix[1]));
        if (!receive_exactly(message.data(), message.size(), timeout_ms)) return {};
        return message;
    }
    pollfd readable{fd_, POLLIN, 0};
    if (poll(&readable, 1, timeout_ms) <= 0) return {};
    const ssize_t size = recv(fd_, message.data(), message.size(), 0);
    message.resize(size > 0 ? static_cast<size_t>(size) : 0);
    return message;
}

std::vector<uint8_t> Client::exchange(const std::vector<uint8_t>& query, int timeout_ms) {
    if (fd_ < 0) open();
    std::vector<uint8_t> sent = query;
    if (tcp_) sent.insert(sent.begin(), {static_cast<uint8_t>(query.size() >> 8), static_cast<uint8_t>(query.size())});
    if (!send_all(sent)) {
        close();
        return {};
    }
    std::vector<uint8_t> message;
    do {
        message = receive(timeout_ms);
        if (message.empty() && tcp_) close();
    } while (message.size() >= 2 && !std::equal(message.begin(), message.begin() + 2, query.begin()));
    return message;
}

}  // namespace splitline::e2e
