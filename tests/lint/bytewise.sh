#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The XDP program reads and writes no word byte by byte. Clang does so, with some three instructions a byte, where it
# takes something for not aligned; load_word() in bpf/query.h is the remedy. What is on the stack, r10, it aligns itself.
source "$(dirname "$0")/lib.sh"
need llvm-objdump llvm
program=$SPLITLINE_BUILD_DIR/bpf/responder.bpf.o
llvm-objdump --disassemble --line-numbers --no-show-raw-insn --no-print-imm-hex "$program" | awk '
    function number(register) { return substr(register, 2) }
    function found(what) { print place ": a word is " what " byte by byte"; faults++ }
    /^; .*:[0-9]+$/ { place = $2 }
    !/^ +[0-9]+:\t/ { next }
    {
        sub(/^ +[0-9]+:\t/, "")
        instructions++
        if ($2 == "=") is_byte[number($1)] = $3 == "*(u8" && $4 !~ /\(r10$/
        if ($1 == "*(u8" && $2 !~ /\(r10$/ && shifted != "" && shifted == number($NF)) found("written")
        if ($2 == "|=" && raised == number($1) && is_byte[number($1)] && is_byte[number($3)]) found("read")
        raised = $2 == "<<=" && $3 == 8 ? number($1) : ""
        shifted = $2 == ">>=" && $3 % 8 == 0 ? number($1) : ""
    }
    END {
        print instructions + 0 " instructions, " faults + 0 " words by bytes"
        exit faults > 0 || instructions < 1000
    }'
