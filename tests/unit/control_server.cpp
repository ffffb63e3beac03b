// SPDX-License-Identifier: GPL-3.0-or-later
// The control socket: whatever pieces requests come in, each gets its response, and the file that came with it.
#include "control/control_server.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <filesystem>
#include <iterator>
#include <span>
#include <thread>

#include "cli/client.h"
#include "control/file_passing.h"
#include "control/protocol.h"
#include "support/memory_file.h"
#include "support/temp_folder.h"
#include "zone/zone_file.h"

namespace splitline {
namespace {

using namespace testing_support;
using testing::HasSubstr;

// Echoes requests. One whose command is `take` takes the file that came and answers with its contents too.
class Socket : public testing::Test {
  protected:
    void SetUp() override {
        auto server = ControlServer::open(io_, path_);
        ASSERT_TRUE(server) << server.error().text();
        server_ = std::move(*server);
        server_->serve(answer, [] {});
        thread_ = std::thread([this] { io_.run(); });
    }
    void TearDown() override {
        io_.stop();
        if (thread_.joinable()) thread_.join();
    }
    static std::string answer(std::string_view line, Fd& passed) {
        ControlResponse response;
        const auto request = decode_request(line);
        response.ok = true;
        response.result = "[" + std::to_string(line.size());
        if (request && request->command == "take") {
            Fd file;
            std::swap(file, passed);
            const auto read = load_zone_file(file, "passed");
            response.result += ",\"" + (read ? read->text : "none") + "\"";
        }
        response.result += "]";
        return encode(response);
    }
    [[nodiscard]] ControlClient client() const { return std::move(*ControlClient::connect(path_)); }
    static size_t open_files() {
        return static_cast<size_t>(
            std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator()));
    }

    TempFolder folder_;
    std::string path_ = folder_.path("control.sock");
    boost::asio::io_context io_{1};
    std::unique_ptr<ControlServer> server_;
    std::thread thread_;
};

std::string result_of(const Result<ControlResponse>& response) {
    return response ? response->result + response->error : response.error().text();
}

TEST_F(Socket, AnswersRequestsOfAnySize) {
    ControlClient asking = client();
    for (const size_t size : {0, 1, 65535, 65536, 65537, 1 << 20}) {
        const ControlRequest request{"x", {{"a", std::string(size, 'a')}}};
        EXPECT_EQ(result_of(asking.exchange(request)), "[" + std::to_string(encode(request).size()) + "]");
    }
}

TEST_F(Socket, AFileComesWithItsRequestAndIsTakenOnce) {
    ControlClient asking = client();
    for (const size_t size : {size_t{1}, size_t{1} << 20}) {
        const ControlRequest take{"take", {{"a", std::string(size, 'a')}}};
        const std::string length = std::to_string(encode(take).size());
        EXPECT_EQ(result_of(asking.exchange(take)), "[" + length + ",\"none\"]");
        EXPECT_EQ(result_of(asking.exchange(take, memory_file("one"))), "[" + length + ",\"one\"]");
        EXPECT_EQ(result_of(asking.exchange(take)), "[" + length + ",\"none\"]");
    }
}

TEST_F(Socket, FilesThatNobodyTakesAreClosed) {
    const size_t before = open_files();
    {
        ControlClient asking = client();
        for (int i = 0; i < 20; ++i) EXPECT_TRUE(asking.exchange({"leave", {}}, memory_file("one")));
        EXPECT_LE(open_files(), before + 3) << "the connection's two ends and the file that came last";
        EXPECT_EQ(result_of(asking.exchange({"take", {}}, memory_file("two"))), "[28,\"two\"]");
        EXPECT_TRUE(asking.exchange({"leave", {}}, memory_file("one")));
    }
    while (open_files() > before) std::this_thread::yield();
}

TEST_F(Socket, RequestsBehindEachOtherAreAnsweredInOrder) {
    ControlClient asking = client();
    for (const char* command : {"a", "ab", "abc"}) asking.send({command, {}});
    for (const char* expected : {"[25]", "[26]", "[27]"}) EXPECT_EQ(result_of(asking.receive()), expected);
}

// By hand, for no client of ours does it.
TEST_F(Socket, OfSeveralFilesAtOnceNoneIsTakenAndNoneIsKept) {
    const Fd connection(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    ASSERT_EQ(connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const Fd first = memory_file("one"), second = memory_file("two");
    const std::array<int, 2> files = {first.get(), second.get()};
    const size_t before = open_files();
    const auto answer_to = [&](const char* command, std::span<const int> passed) {
        const std::string line = encode(ControlRequest{command, {}}) + "\n";
        EXPECT_EQ(send_with_files(connection.get(), line, passed), static_cast<ssize_t>(line.size()));
        std::array<char, 1024> answer{};
        return std::string(answer.data(), static_cast<size_t>(recv(connection.get(), answer.data(), answer.size(), 0)));
    };
    for (int i = 0; i < 2; ++i) {
        answer_to("leave", {files.data(), 1});
        EXPECT_THAT(answer_to("take", files), HasSubstr("none")) << "not the one before either";
        EXPECT_LE(open_files(), before + 1) << "the daemon's end of the connection";
    }
    EXPECT_THAT(answer_to("take", {files.data() + 1, 1}), HasSubstr("two"));
}

TEST_F(Socket, AnEndlessRequestIsRefused) {
    const ControlRequest request{"x", {{"a", std::string(kMaxRequest + 65536, 'a')}}};
    EXPECT_THAT(result_of(client().exchange(request)), HasSubstr("longer than"));
}

}  // namespace
}  // namespace splitline
