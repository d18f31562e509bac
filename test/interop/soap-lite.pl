# perl soap-lite.pl wsdl|plain <bridge URL> <action> <api_key> [<auth_token>]
# Prints what the reply decodes to, a line for each value: key=value, key=nil or fault=<faultcode> <faultstring>.
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

sub show {
    my ($values) = @_;
    for my $key (sort keys %$values) {
        my $value = $values->{$key};
        if (ref $value) {
            show($value);
        } else {
            print "$key=", $value // 'nil', "\n";
        }
    }
}

my $reply = $mode eq 'wsdl' ? from_wsdl() : without_wsdl();
if ($reply->fault) {
    print 'fault=', $reply->faultcode, ' ', $reply->faultstring, "\n";
} else {
    show($reply->method);
}
