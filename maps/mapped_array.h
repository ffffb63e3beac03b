// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Typed view of a BPF_F_MMAPABLE array map: the daemon reads and writes the kernel's own memory, without system calls.
//
// Owns the mapping, not the map's file descriptor. Cells that running programs read are written with store(), which is
// one aligned store with release order: what was written before it is visible to whoever sees it.
#pragma once

#include <sys/mman.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>
#include <utility>

namespace splitline {

template <typename T>
class MappedArray {
  public:
    MappedArray() = default;

    /// Maps `count` cells of the map behind `fd`. Cells are sizeof(T) apart, which REQUIRES sizeof(T) to be a multiple
    /// of 8. Throws std::system_error when the kernel refuses.
    MappedArray(int fd, size_t count) : count_(count) {
        static_assert(sizeof(T) % 8 == 0);
        void* memory = ::mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "cannot map a BPF array");
        cells_ = static_cast<T*>(memory);
    }
    MappedArray(MappedArray&& other) noexcept
        : cells_(std::exchange(other.cells_, nullptr)), count_(std::exchange(other.count_, 0)) {}
    MappedArray& operator=(MappedArray&& other) noexcept {
        std::swap(cells_, other.cells_);
        std::swap(count_, other.count_);
        return *this;
    }
    ~MappedArray() {
        if (cells_ != nullptr) ::munmap(cells_, count_ * sizeof(T));
    }

    [[nodiscard]] size_t size() const { return count_; }
    [[nodiscard]] T& operator[](size_t index) const { return cells_[index]; }
    [[nodiscard]] T* data() const { return cells_; }

  private:
    T* cells_ = nullptr;
    size_t count_ = 0;
};

/// One aligned store that publishes everything written before it.
template <typename T>
void store(T& cell, T value) {
    std::atomic_ref<T>(cell).store(value, std::memory_order_release);
}

}  // namespace splitline
