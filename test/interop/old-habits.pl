# perl old-habits.pl wsdl|positions|map|struct <bridge URL>
# Performs a call for each line of standard input, as test/interop/programs.ts says, and prints status and login alone.
use strict;
use warnings;
use SOAP::Lite;

my ($habit, $bridge) = @ARGV;
my $endpoint = "$bridge/api/1.0/soap";
$| = 1;

my $service = $habit eq 'wsdl' ? SOAP::Lite->service("$endpoint?wsdl")->want_som(1) : undef;
my $client = SOAP::Lite->proxy($endpoint)->uri('urn:boxnet');

while (my $line = <STDIN>) {
    chomp $line;
    my ($action, @words) = split /\t/, $line, -1;
    my @pairs = map { [split /=/, $_, 2] } @words;
    # What the old API calls params is a list.
    my @values = map { $_->[0] eq 'params' ? [$_->[1]] : $_->[1] } @pairs;
    my %named = map { @$_ } @pairs;
    my $reply =
          $service              ? $service->$action(@values)
        : $habit eq 'positions' ? $client->call($action, @values)
        : $habit eq 'map'       ? $client->call($action, SOAP::Data->type(map => \%named))
        :                         $client->call($action, \%named);
    if ($reply->fault) {
        print 'fault=', $reply->faultcode, ' ', $reply->faultstring, "\n";
    } else {
        my ($status, $login) = map { $reply->valueof("/Envelope/Body/[1]/$_") } qw(status user/login);
        print "status=$status\n";
        print "login=$login\n" if defined $login;
    }
    print "\n";
}
