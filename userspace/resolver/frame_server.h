// SPDX-License-Identifier: GPL-3.0-or-later
// DNS over whole frames: worker threads that answer what comes in through ports (AF_XDP sockets), each port served by
// one of them, with the same answers as UdpServer's.
//
// Life: the constructor takes the ports and lets queries in; stop() answers what has already arrived, ends the workers
// and closes the ports. A port that breaks (its interface is gone) is given up, with a warning; the others go on. What
// a port does not tell by its descriptor a look at it finds, once a second.
#pragma once

#include <memory>
#include <vector>

#include "resolver/counters.h"
#include "resolver/demand.h"
#include "resolver/frame_port.h"
#include "resolver/image_slot.h"

namespace splitline {

class FrameServer {
  public:
    /// At most `workers` threads, no more than ports. REQUIRES: `slot` outlives the server; workers >= 1.
    FrameServer(std::vector<std::unique_ptr<FramePort>> ports, unsigned workers, const ImageSlot& slot);
    ~FrameServer();
    FrameServer(const FrameServer&) = delete;
    FrameServer& operator=(const FrameServer&) = delete;

    /// Does nothing the second time.
    void stop();
    /// Thread-safe; right also after stop().
    void add_to(ResolverCounters& sum) const;
    /// Adds the names asked for since the last call, or some of them.
    void take_asked(AskedNames& asked);

  private:
    class Worker;
    std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace splitline
