// SPDX-License-Identifier: GPL-3.0-or-later
// An array whose copies share what they have in common.
//
// The cells lie in chunks that copies of the array refer to together; writing a cell copies its chunk, if another array
// refers to it too. So a copy that differs in one cell costs one chunk and a pointer for each other chunk, and two
// arrays are compared by looking at the chunks they do not share.
#pragma once

#include <array>
#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace splitline {

/// Not thread-safe to write; cells may be read by any number of threads as long as nobody writes to this very array.
template <typename T>
class SharedArray {
  public:
    static constexpr size_t kChunk = 64;

    class const_iterator {
      public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = T;
        using difference_type = std::ptrdiff_t;
        using pointer = const T*;
        using reference = const T&;

        const_iterator() = default;
        const_iterator(const SharedArray& array, size_t at) : array_(&array), at_(at) {}
        reference operator*() const { return (*array_)[at_]; }
        pointer operator->() const { return &(*array_)[at_]; }
        const_iterator& operator++() {
            ++at_;
            return *this;
        }
        const_iterator operator++(int) {
            auto before = *this;
            ++at_;
            return before;
        }
        bool operator==(const const_iterator&) const = default;

      private:
        const SharedArray* array_ = nullptr;
        size_t at_ = 0;
    };

    SharedArray() = default;
    explicit SharedArray(std::vector<T> cells) {
        for (T& cell : cells) push_back(std::move(cell));
    }

    [[nodiscard]] size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] const T& operator[](size_t at) const { return (*chunks_[at / kChunk])[at % kChunk]; }
    [[nodiscard]] const_iterator begin() const { return {*this, 0}; }
    [[nodiscard]] const_iterator end() const { return {*this, size_}; }

    void set(size_t at, T value) { own(at / kChunk)[at % kChunk] = std::move(value); }
    void push_back(T value) {
        if (size_ % kChunk == 0) chunks_.push_back(std::make_shared<Chunk>());
        own(size_ / kChunk)[size_ % kChunk] = std::move(value);
        ++size_;
    }

    /// Calls visit(at) for every cell that may differ in `other`: all cells of chunks that the two do not share.
    /// REQUIRES: other.size() == size().
    template <typename Visit>
    void for_each_unshared(const SharedArray& other, Visit visit) const {
        for (size_t chunk = 0; chunk < chunks_.size(); ++chunk) {
            if (chunks_[chunk] == other.chunks_[chunk]) continue;
            for (size_t at = chunk * kChunk; at < size_ && at < (chunk + 1) * kChunk; ++at) visit(at);
        }
    }

    /// Bytes of the array itself.
    [[nodiscard]] size_t memory() const {
        return chunks_.capacity() * sizeof(chunks_[0]) + chunks_.size() * sizeof(Chunk);
    }

  private:
    using Chunk = std::array<T, kChunk>;

    Chunk& own(size_t chunk) {
        if (chunks_[chunk].use_count() > 1) chunks_[chunk] = std::make_shared<Chunk>(*chunks_[chunk]);
        return *chunks_[chunk];
    }

    std::vector<std::shared_ptr<Chunk>> chunks_;
    size_t size_ = 0;
};

}  // namespace splitline
