#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# Writes an mmdb from the country ranges of tor-geoipdb, for tests of our reading of such files.
#
#   make_mmdb.pl OUT country|asn IP_VERSION RECORD_SIZE ALIASES COUNTRIES CSV...
#
# COUNTRIES is a comma-separated list; ALIASES is 1 where 6to4, Teredo and mapped addresses shall point at IPv4. The
# country comes from the CSV; every seventh range has it as registered_country only. Subdivisions (of CN) and AS numbers
# are made up from the number of the range: there may be none, one or two of the former.
use strict;
use warnings;
use MaxMind::DB::Writer::Tree;
use Socket qw(AF_INET inet_ntop);

my ( $out, $kind, $ip_version, $record_size, $aliases, $countries, @csvs ) = @ARGV;
my %wanted = map { $_ => 1 } split /,/, $countries;

my %types = (
    country => 'map', registered_country => 'map', iso_code => 'utf8_string', names => 'map', en => 'utf8_string',
    subdivisions => [ 'array', 'map' ], autonomous_system_number => 'uint32',
    autonomous_system_organization => 'utf8_string',
);
my $tree = MaxMind::DB::Writer::Tree->new(
    ip_version               => $ip_version,
    record_size              => $record_size,
    database_type            => "Test-$kind",
    languages                => ['en'],
    description              => { en => 'Country ranges of tor-geoipdb' },
    alias_ipv6_to_ipv4       => $aliases,
    remove_reserved_networks => 0,
    map_key_type_callback    => sub { $types{ $_[0] } },
);

sub record {
    my ( $row, $country ) = @_;
    if ( $kind eq 'asn' ) {
        return { autonomous_system_number => 64500 + $row % 5, autonomous_system_organization => "Carrier $row" };
    }
    my $key    = $row % 7 ? 'country' : 'registered_country';
    my %record = ( $key => { iso_code => $country, names => { en => "X$country" } } );
    my @parts = ( [], ['BJ'], ['SH'], [ 'GD', 'BJ' ] );
    $record{subdivisions} = [ map { { iso_code => $_ } } @{ $parts[ $row % 4 ] } ] if $country eq 'CN' && $row % 4;
    return \%record;
}

my $row = 0;
for my $csv (@csvs) {
    open my $in, '<', $csv or die "$csv: $!\n";
    while (<$in>) {
        next unless /^([^#,]+),([^,]+),(..)$/ && $wanted{$3};
        my ( $first, $last, $country ) = ( $1, $2, $3 );
        ++$row;
        if ( $first !~ /:/ ) {
            ( $first, $last ) = map { inet_ntop( AF_INET, pack 'N', $_ ) } ( $first, $last );
        } elsif ( $aliases && $first =~ /^(2002:|2001:0*:)/ ) {
            next;    # the writer refuses what lies behind an alias
        }
        $tree->insert_range( $first, $last, record( $row, $country ) );
    }
}
open my $file, '>:raw', $out or die "$out: $!\n";
$tree->write_tree($file);
close $file or die "$out: $!\n";
