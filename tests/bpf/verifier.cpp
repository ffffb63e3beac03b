// SPDX-License-Identifier: GPL-3.0-or-later
// What the verifier of any kernel from 6.1 on must accept of one program, whatever the settings leave alive of the
// code: at most 100,000 instructions gone through, a tenth of what kernels allow, and no more stack than the strictest
// of them gives. That one rounds each frame up to 32 bytes; later ones round less or give a frame memory of its own, so
// the kernel the test runs on may well accept what an older one refuses.
#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "kernel/responder_program.h"
#include "support/packet_fixture.h"

namespace splitline::testing_support {
namespace {

constexpr uint32_t kBudget = 100'000;
// MAX_BPF_STACK, and what check_max_stack_depth() of Linux 6.1 rounds each frame up to.
constexpr uint32_t kStack = 512, kFrameUnit = 32;

struct Variation {
    std::string name;
    bool ecs;
    std::vector<Prefix> trusted;
    bool zero_checksum;

    [[nodiscard]] ResponsePolicy policy() const {
        ResponsePolicy policy;
        policy.ecs = ecs;
        policy.ecs_trust = trusted;
        return policy;
    }
};

std::vector<Variation> variations() {
    const Prefix sender{address("198.51.100.0"), 24};
    return {{"no ECS", false, {}, false},
            {"ECS of everybody", true, {}, false},
            {"ECS of some", true, {sender}, false},
            {"IPv4 without checksum", true, {sender}, true}};
}

// A linked program's instructions, and the stack each of its functions uses, by the function's first instruction.
struct Functions {
    std::vector<bpf_insn> code;
    std::map<size_t, uint32_t> stack;
};

// The function that an instruction calls or takes the address of.
std::optional<size_t> callee(const std::vector<bpf_insn>& code, size_t at) {
    const bpf_insn& instruction = code[at];
    const bool call = instruction.code == (BPF_JMP | BPF_CALL) && instruction.src_reg == BPF_PSEUDO_CALL;
    const bool pointer = instruction.code == (BPF_LD | BPF_IMM | BPF_DW) && instruction.src_reg == BPF_PSEUDO_FUNC;
    if (!call && !pointer) return std::nullopt;
    return at + 1 + static_cast<size_t>(instruction.imm);
}

// The verifier's line "stack depth 296+56+24": one number a function, in the order of the code.
std::vector<uint32_t> stack_depths(const std::string& log) {
    static constexpr std::string_view kWords = "stack depth ";
    const size_t line = log.find(kWords);
    if (line == std::string::npos) throw std::runtime_error("the verifier tells no stack depth: " + log);
    std::istringstream numbers(log.substr(line + kWords.size()));
    std::vector<uint32_t> depths(1);
    numbers >> depths.back();
    while (numbers.peek() == '+') numbers.ignore() >> depths.emplace_back();
    return depths;
}

// Has the kernel verify one more instance of the program, as the daemon makes one for an interface.
Functions verify(const Variation& variation) {
    FastPathSettings settings;
    settings.udp4_zero_checksum = variation.zero_checksum;
    settings.listen = {{address(kServer4), 53}, {address(kServer6), 53}};
    const Interface interface = find_interface(kInterface).value();
    const sl_config config = program_config(settings, variation.policy(), &interface, 2, 1).value();
    const ResponderProgram first = ResponderProgram::create(settings, config).value();
    const ResponderProgram instance = ResponderProgram::share(first, config, false).value();

    std::array<char, 4096> log{};
    bpf_program* program = bpf_object__find_program_by_name(instance.object(), "respond");
    bpf_program__set_log_level(program, 4);  // BPF_LOG_STATS
    bpf_program__set_log_buf(program, log.data(), log.size());
    if (bpf_object__load(instance.object()) != 0) throw std::runtime_error(log.data());

    Functions functions;
    functions.code.assign(bpf_program__insns(program), bpf_program__insns(program) + bpf_program__insn_cnt(program));
    functions.stack[0] = 0;
    for (size_t at = 0; at < functions.code.size(); ++at)
        if (const auto function = callee(functions.code, at)) functions.stack[*function] = 0;
    const std::vector<uint32_t> depths = stack_depths(log.data());
    if (depths.size() != functions.stack.size()) throw std::runtime_error("the verifier counts other functions");
    auto depth = depths.begin();
    for (auto& [start, stack] : functions.stack) stack = *depth++;
    return functions;
}

struct Chain {
    uint32_t stack = 0;
    std::string text;  // "296+56+24", the caller first
};

// The chain of calls from `function` on that needs the most stack; the program has loaded, so there is no recursion.
Chain deepest_chain(const Functions& functions, std::map<size_t, uint32_t>::const_iterator function) {
    const auto next = std::next(function);
    const size_t end = next == functions.stack.end() ? functions.code.size() : next->first;
    Chain deepest;
    for (size_t at = function->first; at < end; ++at) {
        const auto called = callee(functions.code, at);
        if (!called) continue;
        Chain chain = deepest_chain(functions, functions.stack.find(*called));
        if (chain.stack > deepest.stack) deepest = std::move(chain);
    }
    const uint32_t units = (std::max(function->second, 1U) + kFrameUnit - 1) / kFrameUnit;
    deepest.stack += units * kFrameUnit;
    deepest.text = std::to_string(function->second) + (deepest.text.empty() ? "" : "+") + deepest.text;
    return deepest;
}

class Verifier : public BpfTest {};

TEST_F(Verifier, EveryInstanceIsWithinTheBudget) {
    for (const Variation& variation : variations()) {
        SCOPED_TRACE(variation.name);
        serve_with(variation.policy(),
                   [&](FastPathSettings& settings) { settings.udp4_zero_checksum = variation.zero_checksum; });
        const uint32_t verified = bed_->fast_path().verified_instructions();
        EXPECT_GT(verified, 1'000U) << "no count of a real program";
        EXPECT_LE(verified, kBudget);
        RecordProperty(variation.name, static_cast<int>(verified));
    }
}

TEST_F(Verifier, EveryChainOfCallsFitsTheStackOfOlderKernels) {
    for (const Variation& variation : variations()) {
        SCOPED_TRACE(variation.name);
        const Functions functions = verify(variation);
        EXPECT_GT(functions.stack.size(), 3U) << "no program of several functions";
        const Chain chain = deepest_chain(functions, functions.stack.begin());
        EXPECT_GT(chain.stack, functions.stack.at(0)) << "no calls found";
        EXPECT_LE(chain.stack, kStack) << "frames " << chain.text << ", each rounded up to " << kFrameUnit;
        RecordProperty(variation.name, chain.text);
    }
}

}  // namespace
}  // namespace splitline::testing_support
