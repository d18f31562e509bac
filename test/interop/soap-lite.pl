# perl soap-lite.pl wsdl|plain <bridge URL> <action> <api_key> [<auth_token>]
# Prints what the reply decodes to, a line for each value: key=value, key=nil or fault=<faultcode> <faultstring>. The
# keys of items have the list and their place in it in front: attributes.0.name.
use strict;
use warnings;
use SOAP::Lite;

my ($mode, $bridge, $action, @values) = @ARGV;
my $endpoint = "$bridge/api/1.0/soap";
binmode STDOUT, ':encoding(UTF-8)';

sub from_wsdl {
    return SOAP::Lite->service("$endpoint?wsdl")->want_som(1)->$action(@values);
}

sub without_wsdl {
    my @names = ('api_key', 'auth_token');
    my @parameters = map { SOAP::Data->name(shift(@names) => $_) } @values;
    return SOAP::Lite->proxy($endpoint)->uri('urn:boxnet')->call($action, @parameters);
}

my $reply = $mode eq 'wsdl' ? from_wsdl() : without_wsdl();

# The decoded reply has the last item of a list alone; valueof has them all.
sub show {
    my ($path, $place) = @_;
    my $values = $reply->valueof($path);
    for my $key (sort keys %$values) {
        my ($value, $here) = ($values->{$key}, "$path/$key");
        if (!ref $value) {
            print "$place$key=", $value // 'nil', "\n";
        } elsif (exists $value->{item}) {
            my @items = $reply->valueof("$here/item");
            show("$here/[$_]", "$place$key." . ($_ - 1) . '.') for 1 .. @items;
        } else {
            show($here, $place);
        }
    }
}

if ($reply->fault) {
    print 'fault=', $reply->faultcode, ' ', $reply->faultstring, "\n";
} else {
    show('/Envelope/Body/[1]', '');
}
