workers 3
__END__
data
