__END__
data
