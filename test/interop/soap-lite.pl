# perl soap-lite.pl wsdl|plain|literal-wsdl|literal 1.1|1.2 <bridge URL>
# Performs a call for each line of standard input, as test/interop/programs.ts says.
use strict;
use warnings;
use SOAP::Lite;

my ($mode, $version, $bridge) = @ARGV;
my $endpoint = "$bridge/api/1.0/soap";
my %wsdls = (wsdl => "$endpoint?wsdl", 'literal-wsdl' => "$endpoint?wsdl=literal");
my $wsdl = $wsdls{$mode};
binmode STDIN, ':encoding(UTF-8)';
binmode STDOUT, ':encoding(UTF-8)';
$| = 1;

SOAP::Lite->soapversion($version);

# What has a WSDL takes parameters by their place in it.
my $service = $wsdl ? SOAP::Lite->service($wsdl)->want_som(1) : undef;
my ($methods) = $wsdl ? values %{ SOAP::Schema->schema_url($wsdl)->parse->services } : ();
my $client = SOAP::Lite->proxy($endpoint);
if ($mode eq 'literal') {
    $client->default_ns('urn:boxnet:literal')->autotype(0);
    $client->serializer->encodingStyle('');
} else {
    $client->uri('urn:boxnet');
}

sub call {
    my ($action, $pairs) = @_;
    my %values = map { @$_ } @$pairs;
    return $service->$action(map { $values{ $_->name } } @{ $methods->{$action}{parameters} }) if $wsdl;
    # What has no type is taken for markup.
    my $text = $mode eq 'literal' ? \&SOAP::Utils::encode_data : sub { $_[0] };
    return $client->call($action, map { SOAP::Data->name($_->[0] => $text->($_->[1])) } @$pairs);
}

# The decoded reply has the last item of a list alone; valueof has them all.
sub show {
    my ($reply, $path, $place) = @_;
    my $values = $reply->valueof($path);
    for my $key (sort keys %$values) {
        my ($value, $here) = ($values->{$key}, "$path/$key");
        if (!ref $value) {
            print "$place$key=", $value // 'nil', "\n";
        } elsif (exists $value->{item}) {
            my @items = $reply->valueof("$here/item");
            show($reply, "$here/[$_]", "$place$key." . ($_ - 1) . '.') for 1 .. @items;
        } else {
            show($reply, $here, $place);
        }
    }
}

while (my $line = <STDIN>) {
    chomp $line;
    my ($action, @words) = split /\t/, $line, -1;
    my $reply = call($action, [map { [split /=/, $_, 2] } @words]);
    if ($reply->fault) {
        # It has names for what is in a fault of SOAP 1.1 alone.
        my $code = $reply->faultcode // $reply->valueof('/Envelope/Body/Fault/Code/Value');
        my $text = $reply->faultstring // $reply->valueof('/Envelope/Body/Fault/Reason/Text');
        print "fault=$code $text\n";
    } else {
        show($reply, '/Envelope/Body/[1]', '');
    }
    print "\n";
}
