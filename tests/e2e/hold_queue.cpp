// SPDX-License-Identifier: GPL-3.0-or-later
// hold_queue INTERFACE QUEUE: another program that has an AF_XDP socket on a receive queue, until it is killed. Prints
// "held" when it has it.
#include <sys/mman.h>
#include <unistd.h>
#include <xdp/xsk.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    constexpr size_t kBytes = size_t{64} * XSK_UMEM__DEFAULT_FRAME_SIZE;
    void* const memory = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    xsk_ring_prod fill{};
    xsk_ring_prod transmit{};
    xsk_ring_cons completion{};
    xsk_ring_cons receive{};
    xsk_umem* umem = nullptr;
    xsk_socket* socket = nullptr;
    xsk_socket_config config{};
    config.rx_size = config.tx_size = XSK_RING_CONS__DEFAULT_NUM_DESCS;
    config.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD;
    config.bind_flags = XDP_COPY;
    int error = xsk_umem__create(&umem, memory, kBytes, &fill, &completion, nullptr);
    if (error == 0) {
        const auto queue = static_cast<uint32_t>(std::atoi(argv[2]));
        error = xsk_socket__create(&socket, argv[1], queue, umem, &receive, &transmit, &config);
    }
    if (error != 0) {
        std::fprintf(stderr, "hold_queue: %s\n", std::strerror(-error));
        return 1;
    }
    std::puts("held");
    std::fflush(stdout);
    for (;;) ::pause();
}
