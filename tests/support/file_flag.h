// SPDX-License-Identifier: GPL-3.0-or-later
// A flag of a file's inode that makes some of what is done to the file fail, as a broken disk would, while the rest
// goes on: FS_APPEND_FL refuses to cut it, FS_IMMUTABLE_FL to replace it. Taken back with the object.
#pragma once

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include <string>

#include "base/fd.h"

namespace splitline::testing_support {

class FileFlag {
  public:
    FileFlag(const std::string& path, int flag) : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
        set_ = ::ioctl(file_.get(), FS_IOC_GETFLAGS, &before_) == 0 && change(before_ | flag);
    }
    ~FileFlag() {
        if (set_) change(before_);
    }
    FileFlag(const FileFlag&) = delete;
    FileFlag& operator=(const FileFlag&) = delete;

    /// Whether the flag is on; it needs CAP_LINUX_IMMUTABLE and a file system that knows it.
    [[nodiscard]] bool set() const { return set_; }

  private:
    bool change(int flags) const { return ::ioctl(file_.get(), FS_IOC_SETFLAGS, &flags) == 0; }

    Fd file_;
    int before_ = 0;
    bool set_ = false;
};

constexpr const char* kNoFileFlag = "needs CAP_LINUX_IMMUTABLE and a file system with inode flags";

}  // namespace splitline::testing_support
