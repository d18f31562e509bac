# perl plain.pl get|form|multipart|xml <bridge URL>
# Performs a call for each line of standard input, as test/interop/programs.ts says, with LWP and XML::Parser.
use strict;
use warnings;
use HTTP::Request::Common qw(GET POST);
use LWP::UserAgent;
use URI;
use XML::Parser;

my ($mode, $bridge) = @ARGV;
my $rest = "$bridge/api/1.0/rest";
my $agent = LWP::UserAgent->new;
my $parser = XML::Parser->new(Style => 'Tree');
binmode STDOUT, ':encoding(UTF-8)';
$| = 1;

sub xml_of {
    my @pairs = @_;
    my $inside = '';
    while (my ($name, $value) = splice @pairs, 0, 2) {
        $value =~ s/([&<>])/'&#' . ord($1) . ';'/ge;
        $inside .= "<$name>$value</$name>";
    }
    return "<request>$inside</request>";
}

sub request_for {
    my @pairs = @_;
    if ($mode eq 'get') {
        my $uri = URI->new($rest);
        $uri->query_form(@pairs);
        return GET $uri;
    }
    return POST $rest, [@pairs] if $mode eq 'form';
    return POST $rest, Content_Type => 'form-data', Content => [@pairs] if $mode eq 'multipart';
    return POST "$bridge/api/1.0/xml", Content_Type => 'text/xml', Content => xml_of(@pairs);
}

# The tree of an element: its attributes, then a name and a tree for each child, of which 0 is the name of text.
sub children {
    my (undef, @inside) = @{ $_[0] };
    my @children;
    while (my ($name, $tree) = splice @inside, 0, 2) {
        push @children, [$name, $tree];
    }
    return @children;
}

sub show {
    my ($tree, $place) = @_;
    for (grep { $_->[0] ne '0' } children($tree)) {
        my ($key, $value) = @$_;
        my @inside = children($value);
        my @elements = grep { $_->[0] ne '0' } @inside;
        if (!@elements) {
            print "$place$key=", (map { $_->[1] } @inside), "\n";
        } elsif ($elements[0][0] eq 'item') {
            show($elements[$_][1], "$place$key.$_.") for 0 .. $#elements;
        } else {
            show($value, $place);
        }
    }
}

while (my $line = <STDIN>) {
    chomp $line;
    my ($action, @words) = split /\t/, $line, -1;
    my $reply = $agent->request(request_for(action => $action, map { split /=/, $_, 2 } @words));
    show($parser->parse($reply->content)->[1], '');
    print "\n";
}
