#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# Writes an mmdb for the load test: the IPv4 prefixes on stdin are in CN, everything else is in US.
#   make_mmdb.pl OUT < PREFIXES
use strict;
use warnings;
use MaxMind::DB::Writer::Tree;

my ($out) = @ARGV;
my %types = ( country => 'map', continent => 'map', iso_code => 'utf8_string', code => 'utf8_string' );
my $tree  = MaxMind::DB::Writer::Tree->new(
    ip_version               => 4,
    record_size              => 28,
    database_type            => 'GeoLite2-Country',
    languages                => ['en'],
    description              => { en => 'Two lines' },
    remove_reserved_networks => 0,
    map_key_type_callback    => sub { $types{ $_[0] } },
);
$tree->insert_network( '0.0.0.0/0', { country => { iso_code => 'US' }, continent => { code => 'NA' } } );
while ( my $prefix = <STDIN> ) {
    chomp $prefix;
    $tree->insert_network( $prefix, { country => { iso_code => 'CN' }, continent => { code => 'AS' } } );
}
open my $file, '>:raw', $out or die "$out: $!\n";
$tree->write_tree($file);
close $file or die "$out: $!\n";
