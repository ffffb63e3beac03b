# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion of splitline and splitlined. Zones come from the running daemon, where it may be asked.

# The zones served; nothing without a daemon.
_splitline_zones() {
    splitline "${_splitline_globals[@]}" --json zone list 2> /dev/null | grep -oE '"zone":"[^"]+"' | cut -d'"' -f4
}

# The lines with addresses or records.
_splitline_lines() {
    splitline "${_splitline_globals[@]}" --json line list 2> /dev/null | grep -oE '"line":"[^"]+"' | cut -d'"' -f4
}

_splitline_types='A AAAA CNAME MX TXT NS SOA SRV CAA HTTPS'

# The interfaces of this host.
_splitline_interfaces() {
    ip -brief link 2> /dev/null | sed 's/[@ ].*//'
}

_splitline() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words=() i
    local -a _splitline_globals=()
    COMPREPLY=()
    case $previous in
        -s | --socket | -c | --config)
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
            ;;
        --from) return ;;
        --line)
            mapfile -t COMPREPLY < <(compgen -W "$(_splitline_lines)" -- "$current")
            return
            ;;
        --interface)
            mapfile -t COMPREPLY < <(compgen -W "$(_splitline_interfaces)" -- "$current")
            return
            ;;
    esac
    # The words of the verb: what is neither an option nor an option's value.
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            -s | --socket | -c | --config)
                _splitline_globals+=("${COMP_WORDS[i]}" "${COMP_WORDS[i + 1]}")
                ((++i))
                ;;
            --from | --line | --interface) ((++i)) ;;
            -*) ;;
            *) words+=("${COMP_WORDS[i]}") ;;
        esac
    done
    local choices=
    if [[ $current == -* ]]; then
        choices='--json --socket --config --version --help'
        [[ ${words[0]:-} != stop ]] || choices+=' --keep-xdp'
        [[ ${words[0]:-} != explain ]] || choices+=' --from'
        [[ ${words[0]:-} != record || ${words[1]:-} == batch ]] || choices+=' --line'
        [[ ${words[0]:-} != doctor ]] || choices+=' --interface'
    else
        case "${words[*]}" in
            '') choices='status stats reload stop check doctor zone record line explain xdp' ;;
            zone) choices='check load list show drop' ;;
            record) choices='set add del batch' ;;
            line) choices='list which' ;;
            xdp) choices='attach detach status' ;;
            'zone check'* | 'zone load')
                mapfile -t COMPREPLY < <(compgen -f -- "$current")
                return
                ;;
            'zone show' | 'zone drop' | 'record set' | 'record add' | 'record del') choices=$(_splitline_zones) ;;
            'record set '* | 'record add '*) [[ ${#words[@]} -ne 5 ]] || choices=$_splitline_types ;;
            'record del '*) [[ ${#words[@]} -ne 4 ]] || choices=$_splitline_types ;;
            explain\ *) [[ ${#words[@]} -ne 2 ]] || choices=$_splitline_types ;;
        esac
    fi
    mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current")
}

_splitlined() {
    local current=${COMP_WORDS[COMP_CWORD]}
    case ${COMP_WORDS[COMP_CWORD - 1]} in
        -c | --config) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
        *) mapfile -t COMPREPLY < <(compgen -W '--config --check --version --help' -- "$current") ;;
    esac
}

complete -o filenames -F _splitline splitline
complete -o filenames -F _splitlined splitlined
